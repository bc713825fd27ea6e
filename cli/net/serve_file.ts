// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Files of a folder by HTTP. @module */

const TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["json", "application/json"],
  ["txt", "text/plain; charset=utf-8"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["wasm", "application/wasm"],
]);

function says(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain" } });
}

/** Finds the file of a path; `null` where it would be outside of the folder, by links too. */
async function find(folder: string, pathname: string): Promise<string | null> {
  const root = await Deno.realPath(folder);
  const parts = decodeURIComponent(pathname).split("/").filter((part) => part !== "");
  // A part that starts with a dot is hidden, or leads upwards
  if (parts.some((part) => part.startsWith(".") || /[\\\0]/.test(part))) return null;
  let path = await Deno.realPath([root, ...parts].join("/"));
  if ((await Deno.stat(path)).isDirectory) path = await Deno.realPath(`${path}/index.html`);
  return path.startsWith(`${root.replace(/\/$/, "")}/`) ? path : null;
}

/** Answers a request with a file of a folder. */
export async function serveFile(folder: string, request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return says(405, "Only GET and HEAD are answered here");
  }
  try {
    const path = await find(folder, new URL(request.url).pathname);
    if (path === null) return says(404, "There is no such file");
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) return says(404, "There is no such file");
    const type = TYPES.get(/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "");
    const headers = {
      "content-type": type ?? "application/octet-stream",
      "content-length": `${size}`,
    };
    if (request.method === "HEAD") return new Response(null, { headers });
    return new Response((await Deno.open(path)).readable, { headers });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof URIError) {
      return says(404, "There is no such file");
    }
    throw error;
  }
}
