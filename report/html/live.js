// Live: while the run lasts, its page is served, and is told every second what has changed.
const section = id => document.getElementById(id);
const pending = {}; // sections that wait until nobody types in them

const put = (id, markup, order) => {
  const old = section(id), made = document.createElement("template"), buttons = e => [...e?.querySelectorAll("button") ?? []];
  const focused = buttons(old).indexOf(document.activeElement);
  made.innerHTML = markup;
  const fresh = made.content.firstElementChild;
  if (old) {
    const scrolled = [...old.querySelectorAll(".scroll")].map(e => [e.scrollLeft, e.scrollTop]);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".scroll").forEach((e, i) => scrolled[i] && ([e.scrollLeft, e.scrollTop] = scrolled[i]));
  } else {
    const after = order.slice(order.indexOf(id) + 1).map(section).find(e => e);
    after ? after.before(fresh) : document.querySelector("main").append(fresh);
  }
  enhanceTables(fresh);
  buttons(fresh)[focused]?.focus({ preventScroll: true });
};

const update = ({ title, order, sections, data: charts }) => {
  document.title = title;
  Object.assign(pending, sections);
  for (const [id, markup] of Object.entries(pending)) {
    if (document.activeElement.matches("input") && section(id)?.contains(document.activeElement)) continue;
    delete pending[id];
    put(id, markup, order);
  }
  for (const gone of [...document.querySelectorAll("main > [id]")].filter(e => !order.includes(e.id))) gone.remove();
  Object.assign(data, charts);
  set(data.charts);
};

set(data.charts);
document.querySelectorAll("section").forEach(enhanceTables);
if ("live" in document.body.dataset) {
  const source = new EventSource("events" + location.search);
  source.onmessage = e => update(JSON.parse(e.data));
  source.addEventListener("end", () => {
    source.close();
    document.activeElement.blur();
    for (const [id, markup] of Object.entries(pending)) put(id, markup, []);
  });
  source.onerror = () => document.querySelector(".running")?.replaceChildren("connection lost");
}
