// What the page says about the function: its settings, its environments, and why it did not start.
import { h, replace } from "./dom.js";
import { number, title } from "./format.js";

/** Shows the settings of the function in the head of the page. */
export function showFacts(container, { description }) {
  const facts = [
    ["Integration", description.integration && title(description.integration)], ["Handler", description.handler], ["Memory", description.memory && `${number(description.memory)} MB`],
    ["Timeout", description.timeout && `${description.timeout} s`], ["Streaming", description.streaming && "on"],
  ];
  replace(container, facts.filter(([, value]) => value).map(([name, value]) => h("li", {}, h("span", { class: "fact-name" }, name), " ", h("span", { class: "fact" }, value))));
}

const STATES = { live: ["ok", "Live"], paused: ["warning", "Paused"], disconnected: ["failed", "Disconnected"] };

/** Shows the state of the connection and of the environments. */
export function showEnvironments(container, banner, live) {
  const all = [...live.environments.values()].sort((a, b) => a.number - b.number);
  const count = (state) => all.filter((environment) => environment.state === state).length;
  const words = [[count("ready"), "ready"], [count("starting"), "starting"], [count("failed"), "failed"]].filter(([some]) => some > 0).map(([some, word]) => `${some} ${word}`);
  const [tone, state] = STATES[live.state] || ["pending", "Connecting"];
  replace(container, h("span", { class: `dot ${live.state === "live" && count("failed") > 0 && count("ready") === 0 ? "failed" : tone}` }),
    h("span", { class: "environment-text" }, [state, ...words].join(" · ")));
  // A later environment that is ready has replaced one that failed.
  const latest = all.filter((environment) => environment.state !== "stopped").at(-1);
  const failed = latest?.state === "failed" ? latest : null;
  if (banner.failed === failed) return;
  banner.failed = failed;
  replace(banner, failed && h("div", { class: "failure banner" }, h("h2", {}, "The function did not start"),
    h("p", { class: "message" }, failed.message || "The process ended."),
    failed.log && h("details", {}, h("summary", {}, "Log"), h("pre", { class: "code wrap", tabindex: "0" }, failed.log)),
    h("p", {}, "Change the code: Lamby starts the function again.")));
}

/** Returns what the detail shows while no invocation is selected. */
export function welcome({ description }) {
  const url = description.url || location.origin;
  return [
    h("img", { src: "assets/icon.svg", alt: "", width: "48", height: "48" }),
    h("h2", {}, "Send a request"),
    h("p", {}, "Each invocation appears in the list. Select one to see its event, env, response and log."),
    h("pre", { class: "code" }, `curl -i ${url.replace(/\/$/, "")}/`),
    h("dl", { class: "keys" }, [["/", "Search"], ["↑ ↓", "Select an invocation"], ["Enter", "Go to its details"], ["Esc", "Go back to the list"]]
      .map(([key, meaning]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, meaning)))),
  ];
}

