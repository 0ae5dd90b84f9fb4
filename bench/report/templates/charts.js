// Small SVG charts: curves of a cell's seeds, cost against the table's metric.

const SMALL = { width: 320, height: 206, left: 40, right: 14, top: 22, bottom: 34 };
const WIDE = { ...SMALL, width: 520, height: 236, right: 20 };

/** Round ticks inside [low, high], about `count` of them. */
function ticks(low, high, count = 4) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(+(n * step).toPrecision(12));
  return found;
}

const short = (value) => Math.abs(value) >= 1e6 ? `${+(value / 1e6).toPrecision(3)}M`
  : Math.abs(value) >= 1e3 ? `${+(value / 1e3).toPrecision(3)}k` : `${+value.toPrecision(4)}`.replace("-", "−");

/** An empty chart: axes, grid, labels; `x` and `y` turn values into positions. */
function frame(size, xs, ys, xLabel, yLabel, says) {
  const { width, height, left, right, top, bottom } = size;
  const x = (value) => left + (value - xs[0]) / (xs[1] - xs[0]) * (width - left - right);
  const y = (value) => height - bottom - (value - ys[0]) / (ys[1] - ys[0]) * (height - top - bottom);
  const svg = make("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": says, class: "chart" });
  for (const tick of ticks(...ys)) {
    svg.append(make("svg:line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      make("svg:text", { x: left - 6, y: y(tick) + 3.5, "text-anchor": "end" }, short(tick)));
  }
  for (const tick of ticks(...xs)) {
    svg.append(make("svg:text", { x: x(tick), y: height - bottom + 14, "text-anchor": "middle" }, short(tick)));
  }
  svg.append(make("svg:line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    make("svg:text", { class: "name", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, xLabel),
    make("svg:text", { class: "name", x: 2, y: top - 12 }, yLabel));
  return { svg, x, y };
}

/** The range of values with room around them. */
function range(values, room = 0.08, least = 1e-9) {
  const low = Math.min(...values), high = Math.max(...values), margin = Math.max((high - low) * room, least);
  return [low - margin, high + margin];
}

/** Positions at least `gap` apart, in order, as near to the wanted ones as pushing downwards and back allows. */
function apart(wanted, gap, low, high) {
  const order = wanted.map((_, n) => n).sort((a, b) => wanted[a] - wanted[b]), found = [...wanted];
  order.forEach((n, rank) => { if (rank) found[n] = Math.max(found[n], found[order[rank - 1]] + gap); });
  let limit = high;
  for (const n of order.reverse()) { found[n] = Math.max(low, Math.min(found[n], limit)); limit = found[n] - gap; }
  return found;
}

/** A cell's curves, a line per seed with its number at the end; the paper's number as a dashed line. */
function curves(curve, unit) {
  const lines = curve.runs.map(([seed, values]) => [seed, values.map((value, n) => [curve.epochs[n], value]).filter(([, value]) => value !== null)])
    .filter(([, points]) => points.length);
  const values = lines.flatMap(([, points]) => points.map(([, value]) => value));
  const all = curve.paper === null ? values : [...values, curve.paper];
  const last = lines.map(([seed, points]) => `seed ${seed}: ${points.at(-1)[1]}`).join(", ");
  const says = `${curve.label}, ${unit}. At the end, ${last}.${curve.paper === null ? "" : ` The paper’s number: ${curve.paper}.`}`;
  const end = Math.max(...curve.epochs), start = Math.min(1, end - 1);
  const { svg, x, y } = frame(WIDE, [start, end + (end - start) * 0.06], range(all, 0.08, 0.5), "epoch", unit, says);
  if (curve.paper !== null) {
    svg.append(make("svg:line", { class: "theirs", x1: x(start), x2: x(end), y1: y(curve.paper), y2: y(curve.paper) }),
      make("svg:text", { class: "theirs", x: x(start) + 2, y: y(curve.paper) - 4 }, "paper"));
  }
  const places = apart(lines.map(([, points]) => y(points.at(-1)[1])), 10, WIDE.top, WIDE.height - WIDE.bottom);
  lines.forEach(([seed, points], n) => {
    const at = points.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
    svg.append(make("svg:g", { class: "run", "data-seed": seed },
      make("svg:polyline", { points: at.join(" ") }),
      make("svg:circle", { cx: x(points.at(-1)[0]), cy: y(points.at(-1)[1]), r: 2.2 }),
      make("svg:text", { x: x(points.at(-1)[0]) + 5, y: places[n] + 3.5 }, `${seed}`)));
  });
  return svg;
}

/** How far a box is from a point. */
const away = (box, [x, y]) => Math.hypot(Math.max(box[0] - x, 0, x - box[2]), Math.max(box[1] - y, 0, y - box[3]));

/** The box near a point for a label that overlaps least with what is there and is nearer to no other, inside the chart. */
function free(px, py, width, taken, others) {
  const sides = [["start", px + 7, px + 7], ["end", px - 7, px - 7 - width], ["middle", px, px - width / 2]];
  const boxes = [0, -11, 11, -22, 22, -33, 33].flatMap((dy) => sides.map(([anchor, at, left]) =>
    Object.assign([left, py + dy - 6, left + width, py + dy + 6], { anchor, at })));
  const cost = (box) => taken.filter((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]).length
    + 2 * others.some((other) => away(box, other) < away(box, [px, py]))
    + 9 * (box[0] < SMALL.left || box[2] > SMALL.width || box[1] < 2 || box[3] > SMALL.height - SMALL.bottom);
  return boxes.reduce((best, box) => cost(box) < cost(best) ? box : best);
}

/** Points with their labels beside them: `[cost, value, sd, label, isBaseline]`. */
function scatter(points, xLabel, yLabel, says) {
  const xs = range(points.map(([cost]) => cost), 0.12, Math.max(...points.map(([cost]) => cost)) * 0.06);
  const ys = range(points.flatMap(([, value, sd]) => [value - (sd || 0), value + (sd || 0)]), 0.08, 0.2);
  const { svg, x, y } = frame(SMALL, xs, ys, xLabel, yLabel, says);
  const taken = points.map(([cost, value]) => [x(cost) - 5, y(value) - 5, x(cost) + 5, y(value) + 5]);
  const dots = [];  // over the labels, so that none hides one
  const places = points.map(([cost, value]) => [x(cost), y(value)]);
  const order = points.map((_, n) => n).sort((a, b) => places[a][1] - places[b][1]);  // labels keep the order of their points
  for (const n of order) {
    const [, value, sd, label, baseline] = points[n], [px, py] = places[n];
    const others = places.filter(([qx, qy]) => qx !== px || qy !== py);
    if (sd) svg.append(make("svg:line", { class: "error", x1: px, x2: px, y1: y(value - sd), y2: y(value + sd) }));
    const box = free(px, py, label.length * 6.5, taken, others), near = box[1] > py ? box[1] : box[3];
    taken.push(box);
    if (Math.abs(near - py) > 12 || others.some((other) => away(box, other) < away(box, [px, py]))) svg.append(make("svg:line", { class: "leader", x1: px, y1: py, x2: box.at, y2: near }));
    svg.append(make("svg:text", { class: "label", x: box.at, y: box[3] - 2.5, "text-anchor": box.anchor }, label));
    dots.push(make("svg:circle", { class: baseline ? "point baseline" : "point", cx: px, cy: py, r: 3.5 }));
  }
  svg.append(...dots);
  return svg;
}
