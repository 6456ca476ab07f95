// The contents of the tabs of an invocation.
import { h } from "./dom.js";
import { bytes, duration, instant, number, outcomeOf, title } from "./format.js";
import { textBlock } from "./json_view.js";
import { timeline } from "./timeline.js";

const section = (heading, ...content) => h("section", { class: "part" }, h("h3", {}, heading), content);

function table(pairs, masker, label) {
  if (!pairs?.length) return h("p", { class: "none" }, "None");
  return h("table", { class: "pairs", "aria-label": label }, h("tbody", {}, pairs.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, breakable(name)), h("td", {}, masker.value(name, value))))));
}

// Lets long names, such as HTTP_X_FORWARDED_FOR, break after an underscore.
const breakable = (name) => name.split(/(?<=[_-])/).flatMap((part) => [part, h("wbr")]);

function facts(pairs) {
  return h("dl", { class: "facts-grid" }, pairs.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value, style]) => h("div", { class: style }, h("dt", {}, name), h("dd", {}, value))));
}

function failure(detail, masker) {
  const { failure: error, outcome } = detail;
  if (!error && (outcome === "response" || !outcome)) return null;
  const trace = Array.isArray(error?.stackTrace) ? error.stackTrace : [];
  return h("section", { class: "failure" },
    h("h3", {}, error?.errorType || outcomeOf(detail)[0]),
    h("p", { class: "message" }, error?.errorMessage ? masker.text(String(error.errorMessage)) : outcomeOf(detail)[1]),
    trace.length > 0 && h("ol", { class: "trace", tabindex: "0", role: "list", "aria-label": "Backtrace" }, trace.map((line) => h("li", { class: application(line) && "own" }, masker.text(String(line))))));
}

// Lines of the application stand out. Lines of gems and of Ruby have absolute paths.
const application = (line) => !/\/gems\/|\/lib\/ruby\/|^<internal:|\/lib\/lamby\//.test(line);

function meter({ name, bytes: size, limit }) {
  const share = size / limit;
  const level = share > 1 ? "over" : share > 0.8 ? "near" : "";
  return h("div", { class: "size" }, h("span", {}, name),
    h("div", { class: `meter ${level}`, role: "meter", "aria-label": `${name}, share of the limit`, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.min(100, Math.round(share * 100)) },
      h("div", { style: { width: `${Math.min(100, Math.max(share * 100, 0.5))}%` } })),
    h("span", { class: "size-text" }, `${bytes(size)} of ${bytes(limit)}`));
}

function overview(detail, masker) {
  const billing = detail.billing;
  return [
    failure(detail, masker),
    detail.forgotten && h("p", { class: "note" }, "The inspector keeps 64 MB. It has removed the contents of this invocation."),
    section("Timeline", timeline(detail)),
    billing && section("Lambda would bill", facts([
      ["Billed duration", `${number(billing.billed)} ms`], ["Duration", duration(billing.duration)], ["Initialization", billing.init && duration(billing.init)],
      ["Memory", billing.memory && `${number(billing.memory)} MB`], ["Most memory used", billing.used && bytes(billing.used)],
      ["GB-seconds", billing.gigabyte_seconds !== undefined && billing.gigabyte_seconds],
    ])),
    section("Sizes", detail.sizes.map(meter)),
    section("Invocation", facts([
      ["Request id", h("code", {}, detail.id), "wide"], ["Time", instant(detail.time), "wide"], ["Kind", title(detail.kind)],
      ["Integration", detail.integration && title(detail.integration)], ["Environment", detail.environment && `${detail.environment}${detail.cold ? ", cold start" : ""}`],
      ["Client", detail.request?.source_ip],
    ])),
  ];
}

function request({ request: it }, masker) {
  const query = (it.url.split("?")[1] || "").split("#")[0];
  return [
    section("Request line", h("pre", { class: "code wrap" }, `${it.method} ${masker.text(it.url)}`)),
    query && section("Query", table(pairsOf(query), masker, "Query")),
    section("Headers", table(it.headers, masker, "Request headers")),
    section("Body", textBlock(it.body, masker, "Request body")),
  ];
}

function pairsOf(query) {
  return [...new URLSearchParams(query)];
}

function env({ env: it }, masker) {
  if (it.problem) return h("p", { class: "note" }, it.problem);
  return [
    h("p", { class: "note" }, `Lamby converted the event to this env in ${duration(it.milliseconds)}.`),
    table(it.entries, masker, "Rack env"),
  ];
}

function response({ response: it }, masker) {
  return [
    section("Status", h("p", { class: "status-line" }, it.status ?? "The client got no status.")),
    section("Headers", table(it.headers, masker, "Response headers")),
    section("Body", it.body ? textBlock(it.body, masker, "Response body") : h("p", { class: "none" }, "The integration made the body, not the function.")),
  ];
}

function stream({ stream: it }, masker) {
  let before = 0;
  return [
    h("p", { class: "note" }, `${number(it.count)} chunks, ${bytes(it.size)}${it.entries.length < it.count ? `. These are the first ${number(it.entries.length)}.` : ""}`),
    h("table", { class: "lines" }, h("thead", {}, h("tr", {}, ["Time", "After", "Size", "Chunk"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, it.entries.map((chunk) => {
        const after = chunk.at - before;
        before = chunk.at;
        return h("tr", {}, h("td", { class: "time" }, duration(chunk.at)), h("td", { class: "time" }, `+${duration(after)}`), h("td", { class: "time" }, bytes(chunk.size)),
          h("td", { class: "text" }, chunk.text === undefined ? "(bytes that are not text)" : withoutNul(masker.text(chunk.text))));
      }))),
  ];
}

// Eight NUL bytes separate status and headers from the content.
const withoutNul = (text) => text.replace("\0".repeat(8), " ␀×8 ").replaceAll("\0", "␀");

function log({ log: it }, masker) {
  return [
    it.entries.length < it.count && h("p", { class: "note" }, `These are the first ${number(it.entries.length)} of ${number(it.count)} lines.`),
    h("table", { class: "lines" }, h("thead", { class: "unseen" }, h("tr", {}, ["Time", "Line"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, it.entries.map((line) => h("tr", { class: severity(line.text) }, h("td", { class: "time" }, duration(line.at)),
        h("td", { class: "text" }, line.text === undefined ? decoded(line.base64) : masker.text(line.text)))))),
  ];
}

const decoded = (base64) => atob(base64).replace(/[^\x20-\x7e]/g, "\uFFFD");

function severity(text = "") {
  if (/\b(?:ERROR|FATAL)\b/.test(text)) return "line-error";
  return /\bWARN(?:ING)?\b/.test(text) ? "line-warning" : "";
}

/** The tabs of an invocation, in their order. Each has a test whether the invocation has such content. */
export const TABS = [
  { name: "overview", label: "Overview", has: () => true, view: overview },
  { name: "request", label: "Request", has: (detail) => detail.request, view: request },
  { name: "event", label: "Event", has: (detail) => detail.event, view: (detail, masker) => textBlock(detail.event, masker, "Event") },
  { name: "env", label: "Rack env", has: (detail) => detail.env, view: env },
  { name: "response", label: "Response", has: (detail) => detail.response, view: response },
  { name: "payload", label: "Payload", has: (detail) => detail.payload?.size > 0, view: (detail, masker) => textBlock(detail.payload, masker, "Payload") },
  { name: "stream", label: "Stream", has: (detail) => detail.stream, count: (detail) => detail.stream.count, view: stream },
  { name: "log", label: "Log", has: (detail) => detail.log?.count > 0, count: (detail) => detail.log.count, view: log },
];
