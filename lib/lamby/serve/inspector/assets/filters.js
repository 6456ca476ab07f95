// The search field, the filters, and the buttons above the list.
import { h, icon, replace, toast } from "./dom.js";
import { number, title } from "./format.js";
import { api } from "./api.js";

const STATUSES = [["", "Any status"], ["2xx", "2xx"], ["3xx", "3xx"], ["4xx", "4xx"], ["5xx", "5xx"], ["pending", "In flight"]];

export class Filters {
  constructor(container, count, store, live) {
    this.store = store;
    this.count = count;
    this.live = live;
    this.search = h("input", {
      type: "search", id: "search", placeholder: "Search", "aria-label": "Search in titles, ids and errors", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false",
      on: { input: () => store.setFilter({ text: this.search.value }), keydown: (event) => this.leave(event) },
    });
    this.status = h("select", { "aria-label": "Status", on: { change: () => store.setFilter({ status: this.status.value }) } },
      STATUSES.map(([value, label]) => h("option", { value }, label)));
    this.kind = h("select", { "aria-label": "Kind", on: { change: () => store.setFilter({ kind: this.kind.value }) } });
    this.errors = h("input", { type: "checkbox", on: { change: () => store.setFilter({ errors: this.errors.checked }) } });
    this.pause = h("button", { type: "button", class: "quiet", on: { click: () => this.togglePause() } });
    this.clear = h("button", { type: "button", class: "quiet", "aria-label": "Clear the list", title: "Clear the list", on: { click: () => this.clearList() } }, icon("clear"));
    replace(container,
      h("div", { class: "filter-row" }, h("div", { class: "search" }, this.search, h("kbd", { "aria-hidden": "true" }, "/")), this.pause, this.clear),
      h("div", { class: "filter-row" }, this.status, this.kind, h("label", { class: "check" }, this.errors, "Errors")));
    this.showPause();
    this.refresh();
  }

  /** Shows the kinds and the number of invocations. A screen reader hears the number at most every two seconds. */
  refresh() {
    const all = [...this.store.kinds].sort();
    if (all.join() !== this.kinds) {
      this.kinds = all.join();
      replace(this.kind, h("option", { value: "" }, "Any kind"), all.map((kind) => h("option", { value: kind }, title(kind))));
      this.kind.value = this.store.filter.kind;
    }
    const [shown, count] = [this.store.visible().length, this.store.sorted.length];
    const text = this.store.filtered ? `${number(shown)} of ${number(count)} invocations` : `${number(count)} invocation${count === 1 ? "" : "s"}`;
    if (this.count.textContent !== text) replace(this.count, text);
    this.announce ||= setTimeout(() => {
      this.announce = null;
      const announcement = document.getElementById("announcement");
      if (announcement.textContent !== this.count.textContent) replace(announcement, this.count.textContent);
    }, 2000);
  }

  /** Removes all filters. */
  reset() {
    this.search.value = this.status.value = this.kind.value = "";
    this.errors.checked = false;
    this.store.setFilter({ text: "", status: "", kind: "", errors: false });
  }

  leave(event) {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.store.setFilter({ text: "" });
    } else if (["Escape", "Enter", "ArrowDown"].includes(event.key)) {
      document.getElementById("list").focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  togglePause() {
    this.live.pause(!this.live.paused);
    this.showPause();
    toast(this.live.paused ? "The list no longer changes." : "The list is live again.");
  }

  showPause() {
    const label = this.live.paused ? "Resume live updates" : "Pause live updates";
    this.pause.setAttribute("aria-label", label);
    this.pause.title = label;
    this.pause.classList.toggle("on", this.live.paused);
    replace(this.pause, icon(this.live.paused ? "play" : "pause"));
  }

  async clearList() {
    try {
      await api.clear();
      if (this.live.paused) this.live.load();
    } catch (error) {
      toast(error.message);
    }
  }
}

