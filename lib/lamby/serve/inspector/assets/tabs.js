// A list of tabs and their panel, as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
import { h } from "./dom.js";

/**
 * Returns the tabs and the panel of the selected one.
 * @param {Array} tabs `name`, `label`, and `count` or undefined
 * @param {string} selected the name of the selected tab
 * @param {function(string): void} select is called when the user selects another tab
 * @param {Array} content the content of the panel
 */
export function tabs(all, selected, select, content) {
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the invocation", on: { keydown: (event) => key(event, all, selected, select) } },
    all.map((tab) => h("button", {
      type: "button", role: "tab", id: `tab-${tab.name}`, "aria-selected": tab.name === selected, "aria-controls": "panel",
      tabindex: tab.name === selected ? "0" : "-1", on: { click: () => select(tab.name) },
    }, tab.label, tab.count !== undefined && h("span", { class: "tab-count" }, tab.count))));
  return [list, h("div", { class: "panel", role: "tabpanel", id: "panel", "aria-labelledby": `tab-${selected}`, tabindex: "0" }, content)];
}

function key(event, all, selected, select) {
  const position = all.findIndex((tab) => tab.name === selected);
  const steps = { ArrowRight: position + 1, ArrowLeft: position - 1 + all.length, Home: 0, End: all.length - 1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  select(all[steps[event.key] % all.length].name);
  document.querySelector("[role=tab][aria-selected=true]")?.focus();
}
