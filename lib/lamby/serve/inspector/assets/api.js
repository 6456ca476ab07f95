// Calls the inspector's API. Paths are relative to the page.

async function answer(response) {
  const type = response.headers.get("content-type") || "";
  const body = type.startsWith("application/json") ? await response.json() : {};
  if (!response.ok) throw new Error(body.error || `The server responded with status ${response.status}.`);
  return body;
}

async function get(path) {
  return answer(await fetch(path, { headers: { accept: "application/json" } }));
}

async function post(name, command) {
  const headers = { "content-type": "application/json", "x-lamby-inspector": "1" };
  return answer(await fetch(`api/${name}`, { method: "POST", headers, body: JSON.stringify(command) }));
}

/** The path of a part of a record, as a file to save. */
export const file = (id, part) => `api/records/${encodeURIComponent(id)}/${part}`;

export const api = {
  page: (before) => get(`api/records${before ? `?before=${before}` : ""}`),
  record: (id) => get(`api/records/${encodeURIComponent(id)}`),
  controls: () => get("api/controls"),
  sample: (name) => get(`api/samples/${encodeURIComponent(name)}`),
  replay: (id) => post("replay", { id }),
  invoke: (kind, event) => post("invoke", { kind, event }),
  http: (request) => post("http", request),
  clear: () => post("clear", {}),
  async text(id, part) {
    const response = await fetch(file(id, part));
    return response.ok ? response.text() : answer(response);
  },
};
