// Tables: a click on a head sorts, labels fold their nodes, and a field filters long ones.
const number = text => {
  const n = parseFloat(text.replace(/[<>\s]/g, "")), unit = /\/(min|hour)$/.exec(text)?.[1];
  return Number.isNaN(n) ? null : n / (unit === "min" ? 60 : unit === "hour" ? 3600 : 1);
};
const tableState = {}; // by section and number: what was chosen, for a section that is written anew

const enhance = (table, key) => {
  const state = tableState[key] ??= { column: null, down: false, filter: "", folded: new Set() }, body = table.tBodies[0];
  const groups = []; // rows with the faint ones below them
  for (const row of [...body.rows]) row.classList.contains("faint") && groups.length ? groups.at(-1).push(row) : groups.push([row]);
  const sums = groups.filter(([row]) => row.classList.contains("strong")), rest = groups.filter(g => !sums.includes(g));
  const name = group => group[0].cells[0].textContent;
  const cell = (row, i) => row.cells[i]?.textContent.trim() ?? "";
  const compare = (a, b) => {
    const [x, y] = [cell(a, state.column), cell(b, state.column)], [m, n] = [number(x), number(y)];
    const order = m === null || n === null ? (m === null) - (n === null) || x.localeCompare(y, "en", { numeric: true }) : m - n;
    return m === null !== (n === null) ? order : state.down ? -order : order;
  };
  const apply = () => {
    const sorted = state.column === null ? rest : rest.map(([head, ...nodes]) => [head, ...nodes.sort(compare)]).sort(([a], [b]) => compare(a, b));
    const wanted = state.filter.toLowerCase();
    for (const group of [...sorted, ...sums]) {
      const [head, ...nodes] = group, found = row => row.textContent.toLowerCase().includes(wanted), strong = sums.includes(group);
      head.hidden = !strong && !group.some(found);
      nodes.forEach(row => { row.hidden = head.hidden || state.folded.has(name(group)) && !(wanted && found(row)); });
      head.querySelector(".fold")?.setAttribute("aria-expanded", String(!state.folded.has(name(group))));
      body.append(...group);
    }
    [...table.tHead.rows[0].cells].forEach((th, i) => th.setAttribute("aria-sort", i !== state.column ? "none" : state.down ? "descending" : "ascending"));
  };
  const button = (text, name, act) => {
    const b = Object.assign(document.createElement("button"), { type: "button", className: name });
    b.append(...(Array.isArray(text) ? text : [text]));
    b.addEventListener("click", () => { act(); apply(); });
    return b;
  };
  if (rest.length > 1) [...table.tHead.rows[0].cells].forEach((th, i) => th.append(button([...th.childNodes], "sort", () => {
    if (state.column === i && state.down === !th.matches(".l, :first-child")) [state.column, state.down] = [i, !state.down];
    else if (state.column === i) [state.column, state.down] = [null, false];
    else [state.column, state.down] = [i, !th.matches(".l, :first-child")]; // numbers from the largest on
  })));
  const folding = groups.filter(g => g.length > 1);
  for (const group of folding) {
    const key = name(group), toggle = button("", "fold", () => state.folded.delete(key) || state.folded.add(key));
    toggle.setAttribute("aria-label", `nodes of ${key}`);
    group[0].cells[0].prepend(toggle);
  }
  const tools = Object.assign(document.createElement("p"), { className: "tools" });
  if (folding.length > 1) tools.append(button("fold all nodes", "all", () => {
    const all = folding.map(name);
    state.folded = new Set(all.every(n => state.folded.has(n)) ? [] : all);
  }));
  if (body.rows.length > 12) {
    const field = Object.assign(document.createElement("input"), { type: "search", placeholder: "filter rows", value: state.filter });
    field.setAttribute("aria-label", "filter rows");
    field.addEventListener("input", () => { state.filter = field.value; apply(); });
    tools.append(field);
  }
  if (tools.childNodes.length) table.parentElement.before(tools);
  apply();
};
const enhanceTables = within => within.querySelectorAll("table.rows").forEach((table, i) => enhance(table, within.id + i));
