// Connects the parts of the page. The address contains what is shown: #/ID, #/ID/TAB or #/compare/ID/ID.
import { api } from "./api.js";
import { compare } from "./compare.js";
import { Detail } from "./detail.js";
import { button, h, icon, replace, toast } from "./dom.js";
import { Editor } from "./editor.js";
import { Filters } from "./filters.js";
import { showEnvironments, showFacts, welcome } from "./function.js";
import { List } from "./list.js";
import { Live } from "./live.js";
import { maskText, secrets } from "./secrets.js";
import { Store } from "./store.js";

const find = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 799px)");

const controls = await api.controls().catch((error) => {
  toast(error.message);
  return { description: {}, samples: [], schedules: [] };
});
const store = new Store();
const live = new Live(store);
const list = new List(find("list"), find("spacer"));
const filters = new Filters(find("filters"), find("count"), store, live);
const detail = new Detail(find("detail"));
const editor = new Editor(controls);
let compared = null; // The first invocation of a comparison, while the user chooses the second one.
let expected = null; // The id of an invocation that this page has started, until the server has recorded it.

showFacts(find("facts"), controls);
showSecretsButton();
showEnvironments(find("environment"), find("banner"), live);
live.addEventListener("environments", () => showEnvironments(find("environment"), find("banner"), live));
live.addEventListener("state", () => showEnvironments(find("environment"), find("banner"), live));
live.addEventListener("loaded", route, { once: true });

let scheduled = false;
store.addEventListener("change", () => {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    list.show(store.visible());
    filters.refresh();
    showEmptyList();
    detail.update(store.get(detail.id));
    if (expected && store.get(expected)) started(expected);
  });
});

list.addEventListener("select", ({ detail: id }) => !compared && !narrow.matches && go(id));
list.addEventListener("open", ({ detail: id }) => {
  go(id);
  if (narrow.matches) find("detail").focus();
});
find("list").addEventListener("keydown", (event) => event.key === "Enter" && find("panel")?.focus());

detail.addEventListener("close", () => close());
detail.addEventListener("tab", ({ detail: tab }) => history.replaceState(null, "", `#/${detail.id}/${tab}`));
detail.addEventListener("edit", ({ detail: it }) => editor.edit(it).catch((error) => toast(error.message)));
detail.addEventListener("compare", ({ detail: it }) => chooseSecond(it));
detail.addEventListener("started", ({ detail: id }) => started(id));
editor.addEventListener("started", ({ detail: id }) => started(id));
secrets.addEventListener("change", () => {
  showSecretsButton();
  list.refresh();
  if (location.hash.startsWith("#/compare/")) route();
});
addEventListener("hashchange", route);
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
  const typing = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    find("search").focus();
  } else if (event.key === "Escape" && compared) cancelComparison();
  else if (event.key === "Escape" && find("detail").contains(document.activeElement)) close();
});

function go(id) {
  if (compared && compared.id !== id) {
    const first = compared.id;
    cancelComparison();
    location.hash = `#/compare/${first}/${id}`;
  } else if (!compared) location.hash = `#/${id}/${detail.tab}`;
}

function started(id) {
  if (!live.paused && !store.get(id)) return (expected = id);
  expected = null;
  return go(id);
}

async function route() {
  const [first, second, third] = location.hash.replace(/^#\//, "").split("/").filter(Boolean);
  find("panes").classList.toggle("with-detail", Boolean(first));
  if (!first) {
    detail.empty(welcome(controls));
  } else if (first === "compare") {
    detail.id = detail.detail = null;
    await compare(find("detail"), second, third, () => (location.hash = `#/${third}`)).catch((error) => detail.message("No comparison", error.message));
    find("detail").focus();
  } else {
    if (list.current !== first) list.select(first, { quiet: true });
    await detail.show(first, second);
  }
}

// Goes back to the list. On a wide screen, the detail stays.
function close() {
  if (narrow.matches || location.hash.startsWith("#/compare/")) location.hash = "#/";
  find("list").focus();
}

function chooseSecond(it) {
  compared = it;
  document.body.classList.add("choosing");
  replace(find("banner"), h("div", { class: "banner choose" }, h("p", {}, "Select the invocation to compare with ", h("b", {}, maskText(it.title)), "."), button("Cancel", "close", cancelComparison)));
  if (narrow.matches) find("panes").classList.remove("with-detail");
  find("list").focus();
}

function cancelComparison() {
  compared = null;
  document.body.classList.remove("choosing");
  replace(find("banner"));
  find("banner").failed = undefined;
  showEnvironments(find("environment"), find("banner"), live);
}

function showSecretsButton() {
  const focused = document.activeElement?.id === "secrets";
  replace(find("actions"),
    button("Send an event", "send", () => editor.send(), { class: "primary compact", id: "send" }),
    h("button", { type: "button", id: "secrets", class: "compact", "aria-label": "Show secrets", "aria-pressed": String(secrets.shown), title: "Show secrets", on: { click: () => secrets.show(!secrets.shown) } },
      icon(secrets.shown ? "hidden" : "eye"), h("span", { class: "label" }, "Secrets")));
  if (focused) find("secrets").focus();
}

function showEmptyList() {
  const empty = store.visible().length === 0;
  find("list-empty").hidden = !empty;
  find("list").classList.toggle("is-empty", empty);
  if (!empty) return;
  replace(find("list-empty"), store.filtered
    ? [h("p", {}, "No invocation matches."), button("Remove the filters", null, () => filters.reset())]
    : h("p", {}, "No invocation yet."));
}
