// Interaction: pointing, zooming and the legends. Charts over time are looked at together.
const data = JSON.parse(document.getElementById("data").textContent);
const hiddenIn = {}; // names of series that are switched off, by chart
let plots = [], zoom = null;

class Plot {
  constructor(figure, chart) {
    [this.figure, this.chart] = [figure, chart];
    [this.frame, this.readout] = [figure.querySelector(".frame"), figure.querySelector(".readout")];
    chart.edges = edges(chart.at);
    this.hidden = hiddenIn[chart.id] ??= new Set();
    this.time = chart.x.unit === "time";
    this.legend();
    this.frame.tabIndex = 0;
    this.frame.setAttribute("aria-label", `${chart.title}: arrow keys read values${this.time ? ", + and - zoom, Escape shows all" : ""}`);
    for (const [name, act] of Object.entries({ pointermove: this.move, pointerdown: this.press, pointerup: this.release, pointercancel: () => select(null), pointerleave: e => e.pointerType === "mouse" && point(this, null), dblclick: () => this.time && show(null), keydown: this.key }))
      this.frame.addEventListener(name, e => act.call(this, e));
    this.draw();
  }
  draw() {
    this.drawing = new Drawing(this.chart, this.hidden, this.time ? zoom : null);
    const marks = this.drawing.marks(this.time ? data.marks : this.chart.marks ?? []), svg = this.frame.querySelector("svg");
    svg.innerHTML = this.drawing.svg(marks) + `<rect class="selection" height="${high}" width="0"/><line class="cursor" y2="${high}"/>`;
    svg.classList.toggle("zoomed", this.time && zoom !== null);
    for (const old of this.frame.querySelectorAll("span, b")) old.remove();
    svg.insertAdjacentHTML("afterend", this.drawing.texts(marks));
    this.frame.className = "frame rows" + (1 + Math.max(-1, ...marks.map(m => m.row)));
    if (this.chart.bands) this.frame.style.height = `${this.chart.height * Math.max(1, this.drawing.series.length) / this.chart.series.length}px`;
    this.figure.querySelector("figcaption .reset")?.remove();
    if (this.time && zoom) {
      const reset = this.figure.querySelector("figcaption").appendChild(Object.assign(document.createElement("button"), { className: "reset", textContent: "show all", type: "button" }));
      reset.addEventListener("click", () => show(null));
    }
    this.cursor(this.placed);
  }
  legend() {
    for (const item of this.figure.querySelectorAll(".legend > span")) {
      const name = item.textContent.trim(), button = document.createElement("button");
      button.type = "button";
      button.append(...item.childNodes);
      item.replaceWith(button);
      const set = () => button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
      button.addEventListener("click", () => {
        if (!this.hidden.delete(name) && this.hidden.size + 1 < new Set(this.chart.series.map(s => s.name)).size) this.hidden.add(name);
        set();
        this.draw();
      });
      set();
    }
  }
  // cursor reads the values at a place from 0 to 1, none at null.
  cursor(place) {
    this.placed = place ?? null;
    const line = this.frame.querySelector(".cursor");
    line.classList.toggle("on", this.placed !== null);
    this.readout.innerHTML = "";
    if (this.placed === null) return;
    const i = this.drawing.index(place), x = Math.round(wide * Math.min(1, Math.max(0, this.drawing.middle(i))));
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    this.readout.innerHTML = digits(this.drawing.says(i));
  }
  place(e) {
    const box = this.frame.getBoundingClientRect();
    return Math.min(1, Math.max(0, (e.clientX - box.left) / box.width));
  }
  press(e) {
    point(this, this.place(e));
    if (!this.time || e.button !== 0) return;
    this.from = this.place(e);
    this.frame.setPointerCapture(e.pointerId);
    if (e.pointerType === "mouse") e.preventDefault();
    this.frame.focus({ preventScroll: true });
  }
  move(e) {
    point(this, this.place(e));
    if (this.from !== undefined && e.buttons) select([this.from, this.place(e)]);
  }
  release(e) {
    const [from, to] = [this.from ?? 0, this.place(e)].sort((a, b) => a - b), dragged = this.from !== undefined && to - from > 0.01;
    this.from = undefined;
    select(null);
    if (dragged) show([from, to].map(p => this.moment(p)));
  }
  moment(place) {
    const { from, to } = this.drawing.x;
    return from + place * (to - from);
  }
  key(e) {
    const { x } = this.drawing, half = (x.to - x.from) / 2, at = this.placed ?? 0.5, i = this.drawing.index(at);
    const near = this.moment(at), around = d => show([Math.max(0, near - d), Math.min(this.chart.edges.at(-1), near + d)]);
    const step = by => point(this, this.drawing.middle(Math.min(this.drawing.end - 1, Math.max(this.drawing.first, this.placed === null ? i : i + by))));
    const act = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => this.time && around(half / 2), "-": () => this.time && around(half * 2), Escape: () => { point(this, null); this.time && show(null); } }[e.key];
    if (!act || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    act();
  }
}

const together = plot => plot.time ? plots.filter(p => p.time) : [plot];
const point = (plot, place) => together(plot).forEach(p => p.cursor(place));

// select shows what a drag has marked so far, in all charts over time.
const select = ends => {
  const [from, to] = ends ? [...ends].sort((a, b) => a - b) : [0, 0];
  for (const p of plots.filter(p => p.time)) {
    const field = p.frame.querySelector(".selection");
    field.setAttribute("x", from * wide);
    field.setAttribute("width", (to - from) * wide);
  }
};

// show zooms all charts over time; null shows all. A zoom is never shorter than a step.
const show = ends => {
  const time = plots.filter(p => p.time), step = Math.max(...time.map(p => p.chart.edges[1]), 0);
  if (ends && ends[1] - ends[0] < step) ends = [Math.max(0, (ends[0] + ends[1] - step) / 2), (ends[0] + ends[1] + step) / 2];
  zoom = ends && ends[1] - ends[0] < 0.999 * Math.max(...time.map(p => p.chart.edges.at(-1))) ? ends : null;
  for (const p of time) p.placed = null;
  time.forEach(p => p.draw());
};

// set takes the figures that the page has now; those that were there keep their cursors.
const set = charts => {
  const before = Object.fromEntries(plots.map(p => [p.chart.id, p]));
  plots = charts.flatMap(chart => {
    const figure = document.getElementById(chart.id), old = before[chart.id];
    if (!figure) return [];
    if (old?.figure !== figure) return [Object.assign(new Plot(figure, chart), { placed: old?.placed ?? null })];
    [old.chart, chart.edges] = [chart, edges(chart.at)];
    old.draw();
    return [old];
  });
};
