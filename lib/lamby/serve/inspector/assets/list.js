// The list of invocations. It renders only the rows that are visible, so 10,000 rows are as quick as ten.
import { h, replace } from "./dom.js";
import { badge, clock, duration, title, tone } from "./format.js";
import { maskText } from "./secrets.js";

// The height of a row, in pixels. inspector.css has the same number.
const ROW = 54;
// Rows that are rendered above and below the visible ones.
const MARGIN = 6;

export class List extends EventTarget {
  /** Events: "select" when a row becomes the current one, "open" when the user wants to see it. */
  constructor(container, spacer) {
    super();
    this.container = container;
    this.spacer = spacer;
    this.items = [];
    this.rows = new Map();
    container.addEventListener("scroll", () => this.schedule(), { passive: true });
    container.addEventListener("keydown", (event) => this.key(event));
    container.addEventListener("focus", () => this.current === undefined && this.items.length && this.select(this.items[0].id));
    new ResizeObserver(() => this.schedule()).observe(container);
  }

  /** Shows these summaries. The rows that the user sees stay where they are. */
  show(items) {
    const { scrollTop } = this.container;
    const first = scrollTop > ROW / 2 && this.items[Math.floor(scrollTop / ROW)];
    this.items = items;
    this.spacer.style.height = `${items.length * ROW}px`;
    const position = first ? this.position(first.id) : -1;
    if (position >= 0) this.container.scrollTop = position * ROW + (scrollTop % ROW);
    this.render(); // Now, because the rows would be empty until the next frame.
  }

  /** Makes a row the current one. */
  select(id, { quiet = false } = {}) {
    this.current = id;
    this.reveal();
    this.render();
    if (!quiet) this.dispatchEvent(new CustomEvent("select", { detail: id }));
  }

  // Returns the position of a row, or -1.
  position(id) {
    return id === undefined ? -1 : this.items.findIndex((item) => item.id === id);
  }

  reveal() {
    const position = this.position(this.current);
    if (position < 0) return;
    const top = position * ROW;
    const { scrollTop, clientHeight } = this.container;
    if (top < scrollTop) this.container.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.container.scrollTop = top + ROW - clientHeight;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.container.clientHeight / ROW) - 1);
    const position = this.position(this.current);
    const steps = { ArrowDown: position + 1, ArrowUp: position - 1, PageDown: position + page, PageUp: position - page, Home: 0, End: this.items.length - 1 };
    if (event.key === "Enter" && position >= 0) this.dispatchEvent(new CustomEvent("open", { detail: this.current }));
    else if (event.key in steps && this.items.length) {
      this.select(this.items[Math.max(0, Math.min(this.items.length - 1, steps[event.key]))].id);
    } else return;
    event.preventDefault();
  }

  schedule() {
    this.scheduled ||= requestAnimationFrame(() => this.render());
  }

  /** Renders all visible rows again, for example because secrets are shown now. */
  refresh() {
    for (const row of this.rows.values()) row.revision = null;
    this.schedule();
  }

  render() {
    cancelAnimationFrame(this.scheduled);
    this.scheduled = null;
    const from = Math.max(0, Math.floor(this.container.scrollTop / ROW) - MARGIN);
    const to = Math.min(this.items.length, Math.ceil((this.container.scrollTop + this.container.clientHeight) / ROW) + MARGIN);
    const wanted = new Set();
    for (let position = from; position < to; position++) wanted.add(position);
    const current = this.position(this.current);
    if (current >= 0) wanted.add(current); // aria-activedescendant needs its element.
    const ids = new Set([...wanted].map((position) => this.items[position].id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    for (const position of [...wanted].sort((a, b) => a - b)) this.renderRow(this.items[position], position);
    if (current < 0) this.container.removeAttribute("aria-activedescendant");
    else this.container.setAttribute("aria-activedescendant", `row-${this.items[current].number}`);
  }

  renderRow(item, position) {
    let row = this.rows.get(item.id);
    if (!row) {
      const element = h("div", { class: "row", role: "option", id: `row-${item.number}`, on: { click: () => this.click(item.id) } });
      row = { element, revision: null };
      this.rows.set(item.id, row);
      this.spacer.append(element);
    }
    const { element } = row;
    element.style.transform = `translateY(${position * ROW}px)`;
    element.setAttribute("aria-posinset", position + 1);
    element.setAttribute("aria-setsize", this.items.length);
    element.setAttribute("aria-selected", item.id === this.current);
    if (row.revision === item.revision) return;
    row.revision = item.revision;
    replace(element, cells(item));
  }

  click(id) {
    this.select(id, { quiet: true });
    this.dispatchEvent(new CustomEvent("open", { detail: id }));
  }
}

function cells(item) {
  const [method, ...rest] = maskText(item.title).split(" ");
  const http = item.kind === "http" && rest.length > 0;
  return [
    h("span", { class: `badge ${tone(item)}` }, badge(item)),
    h("span", { class: "row-title" }, http ? [h("b", {}, method), ` ${rest.join(" ")}`] : title(item.title)),
    h("span", { class: "row-time" }, item.state === "done" ? duration(item.total) : h("span", { class: "spinner" })),
    h("span", { class: "row-more" }, [
      h("span", {}, http ? title(item.integration || "http") : "Event"),
      item.cold && h("span", { class: "cold" }, "cold start"),
      item.chunks > 0 && h("span", {}, `${item.chunks} chunk${item.chunks === 1 ? "" : "s"}`),
      item.error && h("span", { class: "row-error" }, maskText(item.error)),
    ]),
    h("span", { class: "row-clock" }, clock(item.time)),
  ];
}
