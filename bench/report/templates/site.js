// What every page needs: elements, the theme's switch, copying. No page loads anything: all data is in it.
"use strict";

const $ = (query, at = document) => at.querySelector(query);
const $$ = (query, at = document) => [...at.querySelectorAll(query)];

/** An element with attributes and children, "svg:" before the name for a drawing's; text only ever enters as text. */
function make(name, attributes = {}, ...children) {
  const node = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const say = (text) => { $("#status").textContent = text; };

function theme() {
  const button = $("#theme"), dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const now = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const show = () => { button.textContent = now() === "dark" ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = now() === "dark" ? "light" : "dark";
    root.dataset.theme = next === (dark.matches ? "dark" : "light") ? "" : next;  // as the system again: follow it again
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not kept */ }
    show();
  });
  dark.addEventListener("change", show);
  show();
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // an older browser, or one that was not allowed to
    const area = make("textarea", { readonly: "", "aria-hidden": "true", class: "hidden" });
    area.value = text;
    (($("dialog[open]")) || document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return say("The browser does not allow copying.");
  }
  say(`${what} is copied.`);
}

theme();
