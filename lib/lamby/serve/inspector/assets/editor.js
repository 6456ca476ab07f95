// The dialog that sends a request or an event: edited, from a sample, or of a schedule.
import { api } from "./api.js";
import { repeatable } from "./commands.js";
import { button, h, replace } from "./dom.js";
import { title } from "./format.js";
import { Masker, parse, secrets } from "./secrets.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Stands for hidden secrets in the texts of the dialog, and puts the real values back when they are sent. */
class Placeholders {
  constructor(detail) {
    this.values = [];
    this.masker = new Masker(detail, { replacement: (value) => this.replace(value) });
  }

  replace(value) {
    if (!this.values.includes(value)) this.values.push(value);
    return `‹secret ${this.values.indexOf(value) + 1}›`;
  }

  restore(text, encode = (value) => value) {
    return text.replace(/‹secret (\d+)›/g, (all, position) => (this.values[position - 1] === undefined ? all : encode(this.values[position - 1])));
  }
}

export class Editor extends EventTarget {
  /** Events: "started" with the id of the new invocation. */
  constructor(controls) {
    super();
    this.controls = controls;
    this.dialog = h("dialog", { class: "editor", "aria-labelledby": "editor-title" });
    document.body.append(this.dialog);
    this.dialog.addEventListener("close", () => this.opener?.isConnected && this.opener.focus());
  }

  /** Opens the dialog with the request of an invocation, or with its event. */
  async edit(detail) {
    this.placeholders = new Placeholders(detail);
    if (repeatable(detail.request)) return this.open("Edit and replay", this.requestForm(detail.request), () => this.sendRequest());
    const text = detail.event.cut ? await api.text(detail.id, "event") : detail.event.text;
    const value = parse(text);
    const event = value === undefined ? text : JSON.stringify(this.placeholders.masker.tree(value), null, 2);
    return this.open("Edit and replay", this.eventForm(detail.kind, event), () => this.sendEvent());
  }

  /** Opens the dialog with a sample, which the user can change. */
  async send() {
    this.placeholders = null;
    this.open("Send an event", this.eventForm("", "", true), () => this.sendEvent());
    await this.choose();
  }

  open(heading, form, submit) {
    this.opener = document.activeElement;
    this.problem = h("p", { class: "problem", role: "alert" });
    const hint = this.placeholders?.values.length > 0 && !secrets.shown &&
      h("p", { class: "note" }, "‹secret 1› stands for a hidden value. Lamby sends the real value.");
    replace(this.dialog, h("form", { method: "dialog", on: { submit: (event) => this.submit(event, submit) } },
      h("div", { class: "editor-head" }, h("h2", { id: "editor-title" }, heading), h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => this.dialog.close() } }, "✕")),
      h("div", { class: "editor-body" }, hint, form, this.problem),
      h("div", { class: "editor-foot" }, button("Cancel", null, () => this.dialog.close()), h("button", { type: "submit", class: "primary" }, "Send"))));
    if (!this.dialog.open) this.dialog.showModal();
  }

  async submit(event, send) {
    event.preventDefault();
    try {
      const { id } = await send();
      this.dialog.close();
      this.dispatchEvent(new CustomEvent("started", { detail: id }));
    } catch (error) {
      replace(this.problem, error.message);
    }
  }

  requestForm(request) {
    const { masker } = this.placeholders;
    const headers = request.headers.filter(([name]) => !/^content-length$/i.test(name)).map(([name, value]) => `${name}: ${masker.value(name, value)}`);
    this.method = h("input", { id: "edit-method", list: "methods", value: request.method, required: true, autocapitalize: "characters", spellcheck: "false" });
    this.url = h("input", { id: "edit-url", value: masker.text(request.url), required: true, spellcheck: "false" });
    this.headers = area("edit-headers", headers.join("\n"), 6);
    this.body = area("edit-body", masker.text(request.body?.text || ""), 8);
    return [
      h("datalist", { id: "methods" }, METHODS.map((value) => h("option", { value }))),
      h("div", { class: "line" }, field("Method", this.method), field("URL", this.url)),
      field("Headers, one a line", this.headers), field("Body", this.body),
    ];
  }

  eventForm(kind, event, samples = false) {
    this.kind = kind;
    this.event = area("edit-event", event, 18);
    this.sample = samples && h("select", { id: "edit-sample", on: { change: () => this.choose() } },
      this.controls.schedules.length > 0 && h("optgroup", { label: "Schedules of the template" },
        this.controls.schedules.map(({ name, expression }, position) => h("option", { value: `schedule:${position}` }, `${name}, ${expression}`))),
      h("optgroup", { label: "Samples" }, this.controls.samples.map((name) => h("option", { value: name }, title(name)))));
    return [samples && field("Sample", this.sample), field("Event (JSON)", this.event)];
  }

  async choose() {
    const [name, position] = this.sample.value.split(":");
    try {
      const { kind, event } = name === "schedule" ? { kind: "schedule", event: this.controls.schedules[position].event } : await api.sample(name);
      this.kind = kind;
      this.event.value = JSON.stringify(JSON.parse(event), null, 2);
      replace(this.problem);
    } catch (error) {
      replace(this.problem, error.message);
    }
  }

  sendRequest() {
    const restore = (text) => this.placeholders.restore(text);
    const headers = restore(this.headers.value).split("\n").filter((line) => line.trim()).map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`The header line "${line}" has no colon. Write "Name: value".`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
    return api.http({ method: this.method.value.trim(), url: restore(this.url.value.trim()), headers, body: restore(this.body.value) });
  }

  sendEvent() {
    const text = this.placeholders ? this.placeholders.restore(this.event.value, (value) => JSON.stringify(value).slice(1, -1)) : this.event.value;
    JSON.parse(text);
    return api.invoke(this.kind, text);
  }
}

function area(id, value, rows) {
  const element = h("textarea", { id, rows, spellcheck: "false", autocomplete: "off" });
  element.value = value;
  return element;
}

const field = (label, input) => h("div", { class: "field" }, h("label", { for: input.id }, label), input);
