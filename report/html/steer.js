// Steer: the page of a run that lasts steers it. What was done comes back as an event of the page.
if ("live" in document.body.dataset) {
  const where = "steer" + location.search, header = { "X-Stickbench": "page" };
  const make = (tag, props = {}, ...inside) => {
    const e = Object.assign(document.createElement(tag), props);
    e.append(...inside);
    return e;
  };
  const button = (text, click) => make("button", { type: "button", textContent: text, onclick: click });
  const said = make("output"), bar = make("aside", { className: "steer", ariaLabel: "Steer the run" });
  const ask = async (method, body) => {
    const reply = await (await fetch(where, { method, headers: header, body: body && JSON.stringify(body) })).json();
    if (reply.over) { bar.remove(); clearInterval(looking); }
    return reply;
  };
  const confirm = (what, then) => {
    const box = make("dialog", {}, make("p", { textContent: what + "?" }), button("Yes", () => { box.close(); then(); }), button("No", () => box.close()));
    box.onclose = () => box.remove();
    bar.append(box);
    box.showModal();
  };
  const order = async (words, sure) => {
    try {
      const reply = await ask("POST", { words, sure });
      reply.confirm ? confirm(words.join(" "), () => order(words, true)) : said.value = reply.said ?? reply.error;
    } catch (e) { said.value = "not done: " + e.message; }
    look();
  };

  const pause = button("Pause", () => order([pause.textContent === "Pause" ? "pause" : "resume"]));
  const note = make("input", { placeholder: "Note", ariaLabel: "Note", maxLength: 400, onkeydown: e => e.key === "Enter" && write() });
  const write = () => { if (note.value.trim()) order(["note", note.value]); note.value = ""; };
  const choice = (label, words) => {
    const select = make("select", { ariaLabel: label });
    const box = make("span", { hidden: true }, select, ...Object.entries(words).map(([text, word]) => button(text, () => order([word, select.value]))));
    const show = names => {
      box.hidden = names.length === 0;
      if (select.length !== names.length) select.replaceChildren(...names.map(name => make("option", { textContent: name })));
    };
    return { box, show };
  };
  const events = choice("Event", { "Event now": "event" }), nodes = choice("Node", { Drain: "drain", Ready: "ready", Maint: "maint" });
  const groups = make("span"), rows = [];
  const row = ({ group, word }) => {
    const r = { label: make("span") }, by = part => () => order([word, String(r.to(part)), group]);
    r.box = make("span", {}, r.label, Object.assign(button("−", by(-0.1)), { ariaLabel: `fewer ${word} of ${group}` }), Object.assign(button("+", by(0.1)), { ariaLabel: `more ${word} of ${group}` }));
    r.show = g => {
      r.label.textContent = `${g.group}: ${g.word} ${+g.wanted.toFixed(3)} of ${+g.most.toFixed(3)}`;
      r.to = part => {
        const step = g.word === "users" ? Math.sign(part) * Math.max(1, Math.round(Math.abs(part) * g.most)) : part * g.most;
        return Math.min(g.most, Math.max(0, g.wanted + step));
      };
    };
    return r;
  };
  bar.append(pause, groups, note, button("Note", write), events.box, nodes.box, button("Stop", () => confirm("stop the run", () => order(["stop"]))), said);

  const look = async () => {
    const status = await ask("GET").catch(() => ({}));
    if (!status.groups) return;
    pause.textContent = status.paused ? "Go on" : "Pause";
    status.groups.forEach((g, i) => {
      if (!rows[i]) groups.append((rows[i] = row(g)).box);
      rows[i].show(g);
    });
    events.show(status.events);
    nodes.show(status.nodes);
    if (!bar.isConnected) document.querySelector("main").before(bar);
  };
  const looking = setInterval(look, 1000);
  look();
}
