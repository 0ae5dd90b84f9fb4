// A table's page: open a cell, sort rows, filter by verdict, copy, cost against the metric.

const filters = new Set();

function cells() {
  for (const td of $$("td[data-cell]")) {
    const button = $(".open", td);
    if (!button) continue;
    td.addEventListener("click", (event) => {
      if (event.target.closest("a") || getSelection().toString()) return;
      open(+td.dataset.cell, button);
    });
  }
  document.addEventListener("keydown", (event) => {  // arrows go from cell to cell, as in a spreadsheet
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const td = event.target.matches?.(".open") && event.target.closest("td");
    if (!td || !move) return;
    const row = td.parentElement, rows = [...row.parentElement.rows].filter((each) => !each.hidden);
    const target = rows[rows.indexOf(row) + move[0]]?.cells[td.cellIndex + move[1]];
    const next = target && $(".open", target);
    if (next) { event.preventDefault(); next.focus(); }
  });
}

/** Best first, then worst first, then the paper's order; cells without the number stay last. */
function sort(table, column, button) {
  const head = button.closest("th"), body = table.tBodies[0], by = $("#measure").value;
  const order = { none: "best", best: "worst", worst: "none" }[head.dataset.order || "none"];
  const cell = (row) => data.cells[row.cells[column].dataset.cell];
  const number = (row) => cell(row)?.sort[by] ?? null;
  const lower = [...body.rows].some((row) => cell(row) && !cell(row).higherIsBetter);
  const down = by === "gain" || !lower ? -1 : 1;  // a gain is positive where a method is better, whatever the metric
  const rows = [...body.rows].sort((a, b) => {
    if (order === "none") return a.dataset.place - b.dataset.place;
    const [one, two] = [number(a), number(b)];
    if (one === null || two === null) return (one === null) - (two === null) || a.dataset.place - b.dataset.place;
    return (one - two) * down * (order === "best" ? 1 : -1) || a.dataset.place - b.dataset.place;
  });
  body.append(...rows);
  table.classList.toggle("sorted", order !== "none");
  for (const th of $$("th[data-order]", table)) { delete th.dataset.order; th.removeAttribute("aria-sort"); }
  if (order !== "none") {
    head.dataset.order = order;
    head.setAttribute("aria-sort", (down === 1) === (order === "best") ? "ascending" : "descending");
  }
  const what = $("#measure").selectedOptions[0].textContent;
  say(order === "none" ? "In the paper’s order." : `Sorted by ${what} in ${button.textContent}, ${order} first.`);
}

function sorting() {
  for (const table of $$("table.results")) {
    [...table.tBodies[0].rows].forEach((row, place) => { row.dataset.place = place; });
    for (const th of $$("thead tr:last-child th:not(.cost, .over)", table).slice(1)) {
      const button = make("button", { type: "button", class: "sort", title: "Sort: best first, worst first, the paper’s order" }, ...th.childNodes);
      button.addEventListener("click", () => sort(table, th.cellIndex, button));
      th.append(button);
    }
  }
  $("#measure").addEventListener("change", () => {
    for (const th of $$("th[data-order]")) {
      th.dataset.order = th.dataset.order === "best" ? "none" : "best";  // once more in the same direction
      $(".sort", th).click();
    }
  });
}

/** Leave the cells that have one of the chosen verdicts; rows and blocks without any go. */
function filter() {
  let shown = 0, all = 0;
  for (const td of $$("td[data-cell]")) {
    const has = !filters.size || td.dataset.verdicts.split(" ").some((verdict) => filters.has(verdict));
    td.classList.toggle("off", !has);
    shown += has; all += 1;
  }
  for (const table of $$("table.results")) {
    for (const row of table.tBodies[0].rows) row.hidden = !$("td[data-cell]:not(.off)", row);
    table.parentElement.hidden = !$("tbody tr:not([hidden])", table);
  }
  for (const chip of $$("[data-filter]")) chip.setAttribute("aria-pressed", filters.has(chip.dataset.filter));
  $("#all").hidden = !filters.size;
  if (filters.size) say(`${shown} of ${all} cells shown.`);
}

function filtering() {
  for (const chip of $$("[data-filter]")) {
    chip.addEventListener("click", () => {
      filters.delete(chip.dataset.filter) || filters.add(chip.dataset.filter);
      filter();
    });
  }
  $("#all").addEventListener("click", () => { filters.clear(); filter(); say("All cells shown."); });
}

/** What the address asks for: a cell by its id, or a verdict as in #gain:lower. */
function follow() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const index = data.cells.findIndex((cell) => cell.id === wanted);
  if (index >= 0 && index !== opened) open(index, $(`td[data-cell="${index}"] .open`));
  else if ($$("[data-filter]").some((chip) => chip.dataset.filter === wanted)) { filters.clear(); filters.add(wanted); filter(); }
}

const COSTS = [["relative training cost", "× the baseline"], ["training time", "seconds per run"], ["parameters", "parameters"]];

const priced = (cell, which) => cell.scored && cell.cost[which] !== null && cell.sort.ours !== null;

function costs(which) {
  const charts = new Map();
  for (const cell of data.cells) {
    if (!priced(cell, which)) continue;
    const title = [cell.block, cell.column].filter(Boolean).join(" · "), key = `${title} ${metric(cell)}`;
    const chart = charts.get(key) || charts.set(key, { title, metric: metric(cell), points: [] }).get(key);
    chart.points.push([cell.cost[which], cell.sort.ours, cell.sd, cell.row, cell.baseline]);
  }
  const drawn = [...charts.values()].map(({ title, metric, points }) => {
    const listed = points.map(([cost, value, , label]) => `${label}: ${short(cost)}, ${value.toFixed(2)}`).join("; ");
    const says = `${title}: ${COSTS[which][0]} against ${metric}. ${listed}.`;
    return make("figure", {}, make("figcaption", {}, title), scatter(points, COSTS[which][1], metric, says));
  });
  $("#cost-charts").replaceChildren(...drawn);
}

function costing() {
  const known = COSTS.map((_, which) => data.cells.some((cell) => priced(cell, which)));
  if (!known.includes(true)) return;
  $("#cost").hidden = false;
  $$("#cost-axis option").forEach((option, which) => { option.disabled = !known[which]; });
  $("#cost-axis").value = known.indexOf(true);
  $("#cost-axis").addEventListener("change", (event) => costs(+event.target.value));
  costs(known.indexOf(true));
}

/** Numbers alone, or all that a cell holds; what was chosen last is kept. */
function showing() {
  const root = document.documentElement;
  const show = (what) => {
    root.classList.toggle("brief", what === "numbers");
    for (const button of $$("[data-show]")) button.setAttribute("aria-pressed", button.dataset.show === what);
  };
  for (const button of $$("[data-show]")) {
    button.addEventListener("click", () => {
      show(button.dataset.show);
      try { localStorage.setItem("show", button.dataset.show); } catch { /* not kept */ }
    });
  }
  let kept = null;
  try { kept = localStorage.getItem("show"); } catch { /* none is kept */ }
  show(kept === "everything" ? kept : "numbers");
}

for (const button of $$("[data-copy]")) button.addEventListener("click", () => copy(data.copies[button.dataset.copy], `The table as ${button.dataset.copy}`));
for (const button of $$("[data-command]")) button.addEventListener("click", () => copy(button.dataset.command, "The command"));
document.documentElement.classList.add("live");  // what needs the script shows itself now
cells();
sorting();
filtering();
costing();
showing();
follow();
addEventListener("hashchange", follow);
