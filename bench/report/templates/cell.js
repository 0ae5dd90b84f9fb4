// A cell opens to its details in a dialog beside the table.

const data = JSON.parse($("#data").textContent);
const panel = $("#cell");
let opened = -1;
let opener = null;

const home = $(".trail a").href;  // the index of these pages, which leads to where records lie, from a copy as well

const metric = (cell) => cell.unit ? `${cell.metric}, ${cell.unit}` : cell.metric;
const terms = (pairs) => make("dl", { class: "terms" }, ...pairs.flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)]));
const section = (title, ...content) => make("section", {}, make("h3", {}, title), ...content);
const copying = (text, what, label = "Copy") =>
  make("button", { type: "button", class: "small-button", click: () => copy(text, what) }, label, make("span", { class: "hidden" }, ` ${what}`));

function runsTable(cell, drawing) {
  const heads = ["seed", "last epoch", "best epoch", "time", "record"];
  const rows = cell.runs.map(([seed, status, last, best, seconds, reason, record]) =>
    [`${seed}`, status === "finished" ? last : reason ? `${status}: ${reason}` : status, best, seconds, record || "—"]);
  const kept = heads.map((_, n) => n < 2 || rows.some((row) => row[n] !== "—"));
  const entry = (text, n) => make("td", {}, n === 4 && text !== "—" ? make("a", { href: new URL(`../../${text}`, home).href }, "JSON") : text);
  const line = (row) => {
    const highlight = (on) => () => drawing && $$(`[data-seed="${row[0]}"]`, drawing).forEach((run) => run.classList.toggle("marked", on));
    const fields = row.map((text, n) => n ? entry(text, n) : make("th", { scope: "row" }, text));
    return make("tr", { mouseenter: highlight(true), mouseleave: highlight(false) }, ...fields.filter((_, n) => kept[n]));
  };
  const head = heads.filter((_, n) => kept[n]).map((text) => make("th", { scope: "col" }, text));
  return make("table", { class: "runs" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows.map(line)));
}

function judged([tone, symbol, name, sentence]) {
  const mark = make("span", { class: "symbol", "aria-hidden": "true" }, symbol);
  return make("p", { class: "judged" }, make("strong", { class: tone }, mark, name), ` ${sentence}`);
}

/** A picture with what is drawn over it: a mask's address, or boxes [x, y, width, height, class, score]. */
function drawn({ address, width, height }, drawing, rows, says) {
  const svg = make("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": says }, make("svg:image", { href: address, width, height }));
  if (typeof drawing === "string") svg.append(make("svg:image", { href: drawing, width, height, class: "mask" }));
  for (const [x, y, w, h, label, score] of Array.isArray(drawing) ? drawing : []) {
    const [name, colour] = rows[label], size = Math.max(width, height) / 14;
    svg.append(make("svg:rect", { class: "edge", x, y, width: w, height: h }), make("svg:rect", { x, y, width: w, height: h, stroke: colour }),
      make("svg:text", { x: x + 1, y: y < size ? y + size : y - 2, "font-size": size }, score === null ? name : `${name} ${score}`));
  }
  return svg;
}

/** Numbers per class and example pictures, of cells whose networks were looked at. */
function predicted({ note, heads, rows, examples }) {
  const line = ([name, colour, numbers]) => make("tr", {}, make("th", { scope: "row" },
    make("span", { class: "swatch", style: `background:${colour}` }), name), ...numbers.map((text) => make("td", {}, text)));
  const head = ["class", ...heads].map((text) => make("th", { scope: "col" }, text));
  const table = make("table", { class: "runs" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows.map(line)));
  const many = rows.length > 24;
  const parts = [section("Per class", make("p", { class: "soft" }, note), many ? make("details", {}, make("summary", {}, `${rows.length} classes`), table) : table)];
  if (!examples.length) return parts;
  const pictures = examples.flatMap(([name, drawing], n) => [["picture", null], ["truth", data.pictures[name].truth], ["predicted", drawing]]
    .map(([what, over]) => drawn(data.pictures[name], over, rows, `Test picture ${n + 1}: ${what}`)));
  const titles = ["picture", "truth", "predicted"].map((text) => make("span", { class: "soft" }, text));
  const boxes = examples.some(([, drawing]) => Array.isArray(drawing)) ? " Of boxes those with a score of at least 0.3, the ten surest." : "";
  const how = `Evenly spaced in the test list, the same for every network.${boxes}`;
  parts.push(section("Test pictures", make("p", { class: "soft" }, how), make("div", { class: "examples" }, ...titles, ...pictures)));
  return parts;
}

function details(cell) {
  const parts = [make("dl", { class: "numbers" }, ...cell.numbers.map(([what, number, remark], n) =>
    make("div", { class: n ? "" : "first" }, make("dt", {}, what), make("dd", {}, number), make("dd", { class: "soft" }, remark))))];
  parts.push(...cell.verdicts.map(judged));
  if (cell.runs.length) {
    const drawing = cell.curve.none === undefined ? curves(cell.curve, cell.unit) : null;
    parts.push(section(drawing ? cell.curve.label : "Runs", drawing || make("p", { class: "soft" }, cell.curve.none), runsTable(cell, drawing)));
  }
  if (cell.scores.length) parts.push(section("Other scores of these runs", terms(cell.scores)));
  if (cell.predicted) parts.push(...predicted(data.predicted[cell.predicted]));
  if (cell.bestEpoch) {
    const { why, number, verdicts } = cell.bestEpoch;
    parts.push(section("At the best epoch", make("p", {}, `${number} (${why})`), ...verdicts.map(judged)));
  }
  if (cell.tests.length) parts.push(section("Tests", terms(cell.tests)));
  if (cell.command) {
    parts.push(section("Train it again", make("div", { class: "command" }, make("code", {}, cell.command), copying(cell.command, "The command"))));
  }
  if (cell.setup.length) parts.push(section("How it came about", terms(cell.setup)));
  if (cell.config) {
    parts.push(make("details", {}, make("summary", {}, "Resolved config"), make("pre", { tabindex: "0" }, cell.config), copying(cell.config, "The config")));
  }
  const assumed = cell.runs.length ? data.assumptions[cell.dataset] || [] : [];
  if (assumed.length) parts.push(make("details", {}, make("summary", {}, `Assumptions (${assumed.length})`), terms(assumed)));
  return parts;
}

function open(index, from = null) {
  const cell = data.cells[index];
  if (!cell) return;
  opened = index;
  opener = from || opener;
  $("#cell-title").textContent = `${cell.row} · ${cell.column}`;
  $("#cell-where").textContent = [cell.block, metric(cell)].filter(Boolean).join(" · ");
  $("#cell-body").replaceChildren(...details(cell));
  $$("td.opened").forEach((td) => td.classList.remove("opened"));
  $(`td[data-cell="${index}"]`).classList.add("opened");
  history.replaceState(null, "", `#${encodeURIComponent(cell.id)}`);
  if (!panel.open) {
    panel.showModal();
    $("#close").focus();
  }
  $("#cell-body").scrollTop = 0;
}

/** The next or previous cell that can be opened and is shown. */
function step(by) {
  const places = $$(".open").filter((button) => button.checkVisibility({ visibilityProperty: true }));
  const at = places.findIndex((button) => +button.closest("td").dataset.cell === opened);
  const next = places[(at + by + places.length) % places.length];
  if (next) open(+next.closest("td").dataset.cell, next);
}

panel.addEventListener("close", () => {
  $$("td.opened").forEach((td) => td.classList.remove("opened"));
  history.replaceState(null, "", location.pathname + location.search);
  if (opener) opener.focus();
});
panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
$("#close").addEventListener("click", () => panel.close());
$("#previous").addEventListener("click", () => step(-1));
$("#next").addEventListener("click", () => step(1));
panel.addEventListener("keydown", (event) => {
  if (event.target.closest("pre") || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) { event.preventDefault(); step(by); }
});
