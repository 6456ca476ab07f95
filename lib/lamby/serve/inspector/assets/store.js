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
    this.kinds = new Set();
    this.filter = { text: "", status: "", kind: "", errors: false };
  }

  /** Adds or updates summaries. An older revision of a record changes nothing. */
  put(summaries) {
    const added = [];
    for (const summary of summaries) {
      const known = this.records.get(summary.id);
      if (known && known.revision >= summary.revision) continue;
      const record = known ? Object.assign(known, summary) : summary;
      record.words = [record.title, record.id, record.kind, record.integration, record.status, record.outcome, record.error]
        .filter(Boolean).join(" ").toLowerCase();
      if (known) continue;
      this.records.set(record.id, record);
      this.kinds.add(record.kind);
      added.push(record);
    }
    if (added.length) this.add(added);
    this.changed();
  }

  // Usually, new records are newer than all others, or older, when the page loads. Then there is little to sort.
  add(records) {
    records.sort((a, b) => b.number - a.number);
    const newer = !this.sorted.length || records.at(-1).number > this.sorted[0].number;
    this.sorted = newer ? records.concat(this.sorted) : this.sorted.concat(records);
    if (!newer) this.sorted.sort((a, b) => b.number - a.number);
    for (const record of this.sorted.splice(LIMIT)) this.records.delete(record.id);
  }

  /** Removes all summaries that are not in a list. */
  keep(ids) {
    this.sorted = this.sorted.filter((record) => ids.has(record.id));
    this.records = new Map(this.sorted.map((record) => [record.id, record]));
    this.kinds = new Set(this.sorted.map((record) => record.kind));
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
    return (this.matching ||= this.filtered ? this.search() : this.sorted);
  }

  search() {
    const { text, status, kind, errors } = this.filter;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = STATUSES[status];
    return this.sorted.filter((record) =>
      matches(record) && (!kind || record.kind === kind) && (!errors || ["failed", "warning"].includes(tone(record))) &&
        words.every((word) => record.words.includes(word)));
  }

  changed() {
    this.matching = null;
    this.dispatchEvent(new Event("change"));
  }
}
