// Keeps the summaries of all invocations, and finds those that match a filter.
import { tone } from "./format.js";

// The server keeps as many records.
const LIMIT = 10000;

const STATUSES = {
  "": () => true,
  "2xx": (record) => record.status >= 200 && record.status < 300,
  "3xx": (record) => record.status >= 300 && record.status < 400,
  "4xx": (record) => record.status >= 400 && record.status < 500,
  "5xx": (record) => record.status >= 500,
  pending: (record) => record.state !== "done",
};

export class Store extends EventTarget {
  constructor() {
    super();
    this.records = new Map();
    this.sorted = [];
    this.filter = { text: "", status: "", kind: "", errors: false };
  }

  /** Adds or updates summaries. An older revision of a record changes nothing. */
  put(summaries) {
    let added = false;
    for (const summary of summaries) {
      const known = this.records.get(summary.id);
      if (known && known.number === summary.number && known.revision >= summary.revision) continue;
      if (!known || known.number !== summary.number) added = true;
      summary.words = [summary.title, summary.id, summary.kind, summary.integration, summary.status, summary.outcome, summary.error]
        .filter(Boolean).join(" ").toLowerCase();
      this.records.set(summary.id, summary);
    }
    if (added) this.prune();
    else this.sorted = this.sorted.map((record) => this.records.get(record.id));
    this.changed();
  }

  prune() {
    this.sorted = [...this.records.values()].sort((a, b) => b.number - a.number);
    for (const record of this.sorted.splice(LIMIT)) this.records.delete(record.id);
  }

  /** Removes all summaries that are not in a list. */
  keep(ids) {
    for (const id of this.records.keys()) if (!ids.has(id)) this.records.delete(id);
    this.prune();
    this.changed();
  }

  get(id) {
    return this.records.get(id);
  }

  setFilter(changes) {
    Object.assign(this.filter, changes);
    this.changed();
  }

  /** Returns whether the list shows only some records. */
  get filtered() {
    const { text, status, kind, errors } = this.filter;
    return Boolean(text.trim() || status || kind || errors);
  }

  /** Returns the records that match the filter, the newest first. Every word must occur in a record. */
  visible() {
    if (!this.filtered) return this.sorted;
    const { text, status, kind, errors } = this.filter;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = STATUSES[status];
    return this.sorted.filter((record) =>
      matches(record) && (!kind || record.kind === kind) && (!errors || ["failed", "warning"].includes(tone(record))) &&
        words.every((word) => record.words.includes(word)));
  }

  kinds() {
    return [...new Set(this.sorted.map((record) => record.kind))].sort();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
