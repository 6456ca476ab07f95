// The right side: one invocation, with its tabs and its commands.
import { api, file } from "./api.js";
import { curl, invoke, repeatable } from "./commands.js";
import { button, h, icon, replace, toast } from "./dom.js";
import { badge, clock, duration, title, tone } from "./format.js";
import { Masker, secrets } from "./secrets.js";
import { tabs } from "./tabs.js";
import { TABS } from "./views.js";

export class Detail extends EventTarget {
  /** Events: "close", "tab", "edit" and "compare", each with the detail, and "started" with the id of a new invocation. */
  constructor(container) {
    super();
    this.container = container;
    this.tab = "overview";
    secrets.addEventListener("change", () => this.render());
  }

  /** Loads an invocation and shows it. Keeps the old content until the new one has come. */
  async show(id, tab) {
    this.id = id;
    if (tab) this.tab = tab;
    if (this.detail?.id === id) this.render();
    try {
      const detail = await api.record(id);
      if (this.id !== id) return;
      this.detail = detail;
      this.render();
      this.update(this.latest); // It may have changed while it was loaded.
    } catch (error) {
      if (this.id === id) this.message("This invocation is gone", error.message);
    }
  }

  /** Loads the invocation again if the list has a newer revision of it. */
  update(summary) {
    if (!summary || summary.id !== this.id) return;
    this.latest = summary;
    if (this.detail?.id !== summary.id || summary.revision <= this.detail.revision || this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = null;
      if (summary.id === this.id) this.show(this.id);
    }, 200);
  }

  empty(...content) {
    this.id = this.detail = null;
    replace(this.container, h("div", { class: "empty" }, content));
  }

  message(heading, text) {
    this.detail = null;
    replace(this.container, h("div", { class: "empty" }, this.backButton(), h("h2", {}, heading), h("p", {}, text)));
  }

  render() {
    if (!this.detail) return;
    const { detail } = this;
    const masker = new Masker(detail);
    const present = TABS.filter((tab) => tab.has(detail));
    const selected = present.find((tab) => tab.name === this.tab) || present[0];
    const [focused, scrolled] = [document.activeElement, this.container.querySelector(".panel")?.scrollTop];
    const [within, focusId, action] = [this.container.contains(focused), focused?.id, focused?.dataset?.action];
    const same = this.rendered === `${detail.id} ${selected.name}`;
    replace(this.container, this.head(detail, masker), this.toolbar(detail, masker),
      tabs(present.map((tab) => ({ ...tab, count: tab.count?.(detail) })), selected.name, (name) => this.select(name), selected.view(detail, masker)));
    this.rendered = `${detail.id} ${selected.name}`;
    if (same) this.container.querySelector(".panel").scrollTop = scrolled;
    if (within && focused !== this.container) {
      (focusId && document.getElementById(focusId) || action && this.container.querySelector(`[data-action="${action}"]`) || this.container).focus({ preventScroll: true });
    }
    this.container.querySelector(`#tab-${selected.name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  select(name) {
    this.tab = name;
    this.render();
    this.emit("tab", name);
  }

  head(detail, masker) {
    const http = detail.kind === "http";
    return h("div", { class: "detail-head" }, this.backButton(),
      h("span", { class: `badge large ${tone(detail)}` }, badge(detail)),
      h("div", { class: "detail-title" }, h("h2", {}, http ? masker.text(detail.title) : title(detail.title)),
        h("p", { class: "muted" }, [title(detail.integration || detail.kind), clock(detail.time), detail.total !== undefined && duration(detail.total), detail.cold && "cold start"].filter(Boolean).join(" · "))));
  }

  backButton() {
    return h("button", { type: "button", class: "back", "aria-label": "Back to the list", on: { click: () => this.emit("close") } }, icon("back"));
  }

  toolbar(detail, masker) {
    const action = (name, label, iconName, run) => button(label, iconName, run, { "data-action": name });
    return h("div", { class: "toolbar", role: "group", "aria-label": "Commands" },
      !detail.forgotten && [
        action("replay", "Replay", "replay", () => this.replay(detail.id)),
        action("edit", "Edit and replay", "edit", () => this.emit("edit", detail)),
      ],
      action("compare", "Compare", "compare", () => this.emit("compare", detail)),
      repeatable(detail.request) && action("curl", "Copy as curl", "copy", () => copy(curl(detail, masker), "the curl command")),
      !detail.forgotten && [
        action("invoke", "Copy lamby invoke", "copy", () => copy(invoke(detail, masker), "the command")),
        h("a", { class: "button", href: file(detail.id, "event"), download: `${detail.id}-event.json`, "data-action": "save" }, icon("save"), h("span", { class: "label" }, "Save event")),
      ]);
  }

  async replay(id) {
    try {
      const { id: started } = await api.replay(id);
      toast("Lamby sent the event again.");
      this.emit("started", started);
    } catch (error) {
      toast(error.message);
    }
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    const hidden = !secrets.shown && text.includes("••••");
    toast(hidden ? `Copied ${what} without secrets. To copy them too, show secrets first.` : `Copied ${what}.`);
  } catch {
    toast("The browser did not allow to copy.");
  }
}
