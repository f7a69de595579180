// Series: a chart's picture from its values, as draw.go makes it.
const wide = 2000, high = 500;
const some = v => v !== null && !Number.isNaN(v);
const escaped = text => String(text).replace(/[&<>"]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const digits = text => escaped(text).replace(/\b\d{1,3}( \d{3})+\b/g, n => n.replaceAll(" ", "<i></i>"));

const hundredth = share => Math.round(share * 10000) / 100;

// edges are the places of a chart's values; equal steps are told in short.
const edges = at => Array.isArray(at) ? at : Array.from({ length: at.n }, (_, i) => i === at.n - 1 ? at.end : i * at.step);

// Path writes relative steps in whole units.
class Path {
  text = "";
  to(x, y) {
    if (!this.down) this.text += `M${x} ${y}`;
    else if (y === this.y) this.text += `h${x - this.x}`;
    else if (x === this.x) this.text += `v${y - this.y}`;
    else this.text += `l${x - this.x} ${y - this.y}`;
    this.steps = this.down ? this.steps + 1 : 0;
    [this.x, this.y, this.down] = [x, y, true];
  }
  lift() {
    if (this.down && this.steps === 0) this.text += "h0";
    this.down = false;
  }
  close() {
    this.text += "z";
    this.down = false;
  }
}

const line = places => {
  const p = new Path();
  for (const [x, y] of places) some(y) ? p.to(Math.round(x * wide), Math.round((1 - y) * high)) : p.lift();
  p.lift();
  return p.text;
};

const area = (places, base, bottom, height) => {
  const p = new Path(), level = y => high - bottom - Math.round(y * height);
  for (let from = 0; from < places.length;) {
    let to = from;
    while (to < places.length && some(places[to][1])) to++;
    for (let i = from; i < to; i++) p.to(Math.round(places[i][0] * wide), level(places[i][1]));
    for (let i = to - 1; i >= from; i--) if (base || i === to - 1 || i === from) p.to(Math.round(places[i][0] * wide), level(base ? base[i][1] : 0));
    if (to > from) p.close();
    from = to + 1;
  }
  return p.text;
};

const box = (x, width, y, height) => `M${x} ${y}v${-height}h${width}v${height}z`;

// Drawing is what is to be seen of a chart: of the series that are not hidden, between two moments.
class Drawing {
  constructor(chart, hidden, zoom) {
    this.chart = chart;
    this.at = chart.edges;
    this.stepped = this.at.length === chart.series[0].values.length + 1;
    this.series = chart.series.filter(s => !hidden.has(s.name));
    const last = this.at.at(-1);
    this.x = chart.x.unit === "time" ? clock(...(zoom ?? [0, last])) : chart.x.unit === "nines" ? nines(last)
      : chart.x.log ? logarithmic(this.at[0], last, !chart.x.tight) : fromZero(last, chart.x.least, 8);
    [this.first, this.end] = [0, chart.series[0].values.length];
    if (zoom) {
      while (this.first + 1 < this.end && this.at[this.first + 1] <= zoom[0]) this.first++;
      while (this.end - 1 > this.first && this.at[this.end - 1] >= zoom[1]) this.end--;
    }
    this.y = this.scaleY();
  }
  seen(values) { return values.slice(this.first, this.end); }
  scaleY() {
    const { y, series } = this.chart, stacked = ["stack", "bars"];
    if (series[0].kind === "heat") return logarithmic(Math.max(series[0].low, series[0].high / 2), series.at(-1).high, false);
    const all = this.series.filter(s => s.kind !== "shade"), values = all.flatMap(s => this.seen(s.values)).filter(some);
    const least = Math.min(...values, Infinity);
    let most = Math.max(...values, 0);
    if (y.log && least > 0 && most > 0) return logarithmic(least, most, !y.tight);
    for (let i = this.first; i < this.end; i++) most = Math.max(most, all.reduce((sum, s) => sum + (stacked.includes(s.kind) ? s.values[i] ?? 0 : 0), 0));
    return fromZero(y.to || most, y.least, this.chart.height < 110 ? 3 : 4);
  }
  middle(i) {
    return this.stepped ? (this.x.place(this.at[i]) + this.x.place(this.at[i + 1])) / 2 : this.x.place(this.at[i]);
  }
  range() { return Array.from({ length: Math.min(this.end + 1, this.at.length - this.stepped) - Math.max(0, this.first - 1) }, (_, i) => i + Math.max(0, this.first - 1)); }
  places(values) { return this.range().map(i => [this.middle(i), some(values[i]) ? this.y.at(values[i]) : null]); }
  levels(values) {
    if (!this.stepped) return this.places(values);
    return this.range().flatMap(i => [this.at[i], this.at[i + 1]].map(at => [this.x.place(at), some(values[i]) ? this.y.at(values[i]) : null]));
  }
  curves() {
    if (this.chart.bands) return this.bands();
    if (this.chart.series[0].kind === "heat") return this.heat();
    let base = this.chart.series[0].values.map(() => 0);
    const list = [], add = (s, path, kind = s.kind) => list.push([`${kind} ${s.class}`, path]);
    for (const s of this.series) {
      if (s.kind === "shade") {
        const left = Math.round(this.x.at(s.low) * wide);
        add(s, box(left, Math.round(this.x.at(s.high) * wide) - left, high, high));
      } else if (s.kind === "line") add(s, line(this.places(s.values)));
      else if (s.kind === "area") {
        add(s, area(this.levels(s.values), null, 0, high));
        add(s, line(this.levels(s.values)), "line");
      } else {
        const top = base.map((b, i) => some(s.values[i]) ? b + s.values[i] : null);
        add(s, s.kind === "stack" ? area(this.levels(top), this.levels(base), 0, high) : this.bars(base, top));
        base = top.map((t, i) => t ?? base[i]);
      }
    }
    return list;
  }
  bars(base, top) {
    return this.range().filter(i => some(top[i]) && top[i] > base[i]).map(i => {
      const left = Math.round(this.x.place(this.at[i]) * wide), below = Math.round(this.y.at(base[i]) * high);
      return box(left, Math.max(2, Math.round(this.x.place(this.at[i + 1]) * wide) - left - 2), high - below, Math.max(4, Math.round(this.y.at(top[i]) * high) - below));
    }).join("");
  }
  // band is where one of n bands lies, from the upper edge.
  band(i, n) {
    const base = Math.floor((i + 1) * high / n);
    return { base, top: base - Math.floor(Math.floor(high / n) * 9 / 10) };
  }
  bands() {
    const n = this.series.length, list = [];
    this.series.forEach((s, i) => {
      const { base, top } = this.band(i, n);
      list.push([`area ${s.class}`, area(this.levels(s.values), null, high - base, base - top)], ["rule", `M0 ${base}h${wide}`]);
      const cut = this.range().filter(k => s.values[k] > this.y.to * (1 + 1e-9)).map(k => `M${Math.round(this.middle(k) * wide)} ${top}l8 14h-16z`).join("");
      if (cut) list.push(["cut", cut]);
    });
    return list;
  }
  heat() {
    const shades = 6, paths = Array(shades).fill(""), sums = this.at.slice(1).map((_, i) => this.series.reduce((sum, s) => sum + s.values[i], 0));
    for (const s of this.series) {
      const shade = i => s.values[i] ? Math.min(shades - 1, Math.floor(Math.sqrt(s.values[i] / sums[i]) * shades)) : -1;
      const bottom = high - Math.round(this.y.at(s.low) * high), top = high - Math.round(this.y.at(s.high) * high);
      for (let i = this.first; i < this.end;) {
        const from = i, mine = shade(i);
        while (++i < this.end && shade(i) === mine);
        const left = Math.round(this.x.at(this.at[from]) * wide);
        if (mine >= 0) paths[mine] += box(left, Math.round(this.x.at(this.at[i]) * wide) - left, bottom, bottom - top);
      }
    }
    return paths.map((path, i) => [`heat h${i + 1}`, path]).filter(([, path]) => path);
  }
  // marks are those in sight, their letters in rows so that they do not overlap.
  marks(all) {
    const ends = [0, 0, 0];
    return all.map(m => ({ ...m, share: this.x.place(m.at), place: hundredth(this.x.place(m.at)) })).filter(m => m.place >= 0 && m.place <= 100).map(m => {
      const row = m.letter ? ends.findIndex(end => m.place >= end) : -1;
      if (row >= 0) ends[row] = m.place + 3.5 * m.letter.length;
      return { ...m, row };
    });
  }
  svg(marks) {
    const grid = this.chart.bands ? [] : this.y.ticks.map(([v]) => Math.round((1 - this.y.at(v)) * high));
    return `<g class="grid">${grid.map(y => `<line x2="${wide}" y1="${y}" y2="${y}"/>`).join("")}</g>`
      + this.curves().map(([kind, path]) => `<path class="${escaped(kind)}" d="${path}"/>`).join("")
      + `<g class="marks">${marks.map(m => { const x = Math.round(m.share * wide); return `<line class="${m.class ?? ""}" x1="${x}" x2="${x}" y2="${high}"/>`; }).join("")}</g>`;
  }
  texts(marks) {
    const n = this.series.length;
    const ticks = (list, name, side, at) => list.map(([v, text, minor], i) => `<span class="${name}${minor || list.length > 5 && i % 2 ? " minor" : ""}" style="${side}:${hundredth(at(v))}%">${digits(text)}</span>`).join("");
    const end = this.y.ticks.at(-1)[1] + (this.chart.y.unit === "%" ? "%" : "");
    const y = this.chart.bands ? this.series.map((s, i) => `<span class="y" style="bottom:${hundredth(1 - this.band(i, n).top / high)}%">${digits(end)}</span><span class="name" style="top:${hundredth(i / n)}%">${escaped(s.name)}</span>`).join("")
      : ticks(this.y.ticks, "y", "bottom", this.y.at);
    return y + ticks(this.x.ticks, "x", "left", this.x.at)
      + marks.filter(m => m.row >= 0).map(m => `<b class="mark row${m.row}" style="left:${m.place}%" title="${escaped(m.title)}">${escaped(m.letter)}</b>`).join("");
  }
  // index is the value at a place from 0 to 1, where the cursor stands, and what it says.
  index(place) {
    const n = this.chart.series[0].values.length;
    if (this.stepped) {
      for (let i = this.first; i < this.end; i++) if (this.x.place(this.at[i + 1]) > place) return i;
      return this.end - 1;
    }
    return Array.from({ length: n }, (_, i) => i).reduce((best, i) => Math.abs(this.middle(i) - place) < Math.abs(this.middle(best) - place) ? i : best, 0);
  }
  says(i) {
    const { x, y, series } = this.chart, last = this.at.at(-1);
    let where = words(this.at[i], x.unit);
    if (x.unit === "time") where = [this.at[i], this.at[i + 1]].map(ms => hour(ms, last, this.at[1] < 1000 || ms % 1000 ? 100 : 1000)).join(" – ");
    else if (this.stepped) where = millis(this.at[i]) + " – " + words(this.at[i + 1], x.unit);
    else if (x.unit === "nines" && i === series[0].values.length - 1) where = "largest";
    else if (x.unit === "nines" && i === 0) where = "smallest";
    let said = this.series.filter(s => s.values && some(s.values[i])).map(s => `${s.name ?? ""} ${words(s.values[i], y.unit)}`.trim());
    if (series[0].kind === "heat") said = this.series.filter(s => s.values[i]).sort((a, b) => b.values[i] - a.values[i]).slice(0, 3).map(s => `${millis(s.low)} – ${millis(s.high)} ms: ${fixed(s.values[i], 0)}`);
    return [where, ...said].join(" · ");
  }
}
