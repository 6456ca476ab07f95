// Keeps the store up to date with server-sent events.
import { api } from "./api.js";

export class Live extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.environments = new Map();
    this.paused = false;
    // A hidden page closes its stream, because browsers open only six connections to a server.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.disconnect() : this.connect()));
    this.connect();
  }

  connect() {
    if (this.paused || this.source) return;
    const source = new EventSource("api/stream");
    this.source = source;
    this.missed = true;
    source.addEventListener("environments", (event) => {
      this.setState("live");
      for (const environment of JSON.parse(event.data)) this.environments.set(environment.number, environment);
      // The stream begins with this event. Loads now what has changed before.
      if (this.missed) this.load();
      this.missed = false;
      this.dispatchEvent(new Event("environments"));
    });
    source.addEventListener("records", (event) => this.store.put(JSON.parse(event.data)));
    source.addEventListener("reload", () => this.load());
    source.addEventListener("error", () => {
      this.missed = true;
      this.setState("disconnected");
      if (source.readyState !== EventSource.CLOSED) return; // The browser connects again.
      this.disconnect();
      setTimeout(() => !document.hidden && this.connect(), 2000);
    });
  }

  disconnect() {
    this.source?.close();
    this.source = null;
  }

  pause(paused) {
    this.paused = paused;
    if (paused) this.disconnect();
    else this.connect();
    if (paused) this.setState("paused");
  }

  setState(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** Loads all summaries, page by page. A later call replaces an earlier one. */
  async load() {
    const run = (this.run = {});
    const ids = new Set();
    try {
      let page = await api.page();
      const { last, run_id: runId } = page;
      for (;;) {
        if (this.run !== run) return;
        if (this.runId !== runId) this.store.keep(new Set()); // The server was restarted, and counts from 1 again.
        this.runId = runId;
        for (const record of page.records) ids.add(record.id);
        this.store.put(page.records);
        if (!page.more) break;
        page = await api.page(page.records.at(-1).number);
      }
      // The stream has sent the records that are newer than the first page.
      for (const record of this.store.sorted) if (record.number > last) ids.add(record.id);
      this.store.keep(ids);
    } catch {
      if (this.run === run) this.setState("disconnected");
    } finally {
      if (this.run === run) this.dispatchEvent(new Event("loaded"));
    }
  }
}
