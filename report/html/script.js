(() => {
  const figures = [...document.querySelectorAll(".plot")];
  const columns = figure => figure.querySelector(".columns").children;
  const point = (figure, index) => {
    for (const other of figure.classList.contains("time") ? figures.filter(f => f.classList.contains("time")) : [figure]) {
      for (const on of other.querySelectorAll(".on")) on.classList.remove("on");
      const column = columns(other)[index];
      if (!column) continue;
      column.classList.add("on");
      other.querySelector(".readout").textContent = column.textContent.replaceAll("\n", " · ");
    }
  };
  for (const figure of figures) {
    [...columns(figure)].forEach((column, index) => {
      column.addEventListener("pointerenter", () => point(figure, index));
      column.addEventListener("pointerdown", () => point(figure, index));
    });
  }
})();
