// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Serves each visitor the page of its own handshake, on several ports. @module */

import { NssError } from "../../cert/base/errors.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import { toBase64 } from "../../cert/base/runtime.ts";
import { configOf } from "../../ssl/config/config_registry.ts";
import { effectiveConfig } from "../../ssl/config/effective_config.ts";
import type { SslConfig } from "../../ssl/config/config.ts";
import type { HttpServer, RequestInfo } from "../../ssl/http/mod.ts";
import type { HookOptions, ImportOptions, SslListener } from "../../ssl/mod.ts";
import { DOORS, MAIN } from "./doors.ts";
import { inspect, type Inspection } from "./inspection.ts";
import { textOf } from "./inspection_text.ts";
import { pageOf } from "./page.ts";
import { STYLE } from "./style.ts";
import { Visitors } from "./visitor.ts";

/** How an inspection is served. */
export interface InspectionOptions {
  /** On which address. */
  readonly hostname: string;
  /** The port of the door {@linkcode MAIN}; the others are free ones. */
  readonly port: number;
  /** What the handshakes take. */
  readonly tls: Omit<ImportOptions, keyof HookOptions>;
  /** Told of each answer. */
  readonly onAnswer: (line: {
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly door: string;
    readonly info: RequestInfo<Deno.NetAddr>;
  }) => Promise<void>;
  /** Told of handshakes that fail, and of what is wrong with this program. */
  readonly onFailure: (error: unknown, door: string) => Promise<void>;
}

/** A server that inspects. */
export interface InspectionServer extends AsyncDisposable {
  /** The port of each door. */
  readonly ports: ReadonlyMap<string, number>;
  /** Resolves when it has ended; rejects if nobody can be told of what happens. */
  readonly finished: Promise<void>;
}

interface OpenDoor {
  readonly name: string;
  readonly listener: SslListener<Deno.NetAddr>;
  readonly config: SslConfig;
}

/** The forms of an answer, by its type. */
const FORMS = {
  html: ["text/html; charset=utf-8", pageOf],
  json: ["application/json", (inspection: Inspection) => `${JSON.stringify(inspection)}\n`],
  text: ["text/plain; charset=utf-8", textOf],
} as const satisfies Record<string, readonly [string, (inspection: Inspection) => string]>;

type Form = keyof typeof FORMS;

const PATHS: ReadonlyMap<string, Form | null> = new Map([
  ["/", null],
  ["/html", "html"],
  ["/json", "json"],
  ["/text", "text"],
]);

/** The form that a client wants: browsers say that they take HTML, curl takes anything. */
function formFor(accept: string): Form {
  if (/\btext\/html\b/i.test(accept)) return "html";
  return /\bapplication\/json\b/i.test(accept) ? "json" : "text";
}

/**
 * The fields of every answer. No script, no foreign resource, no frame around it; the one style
 * sheet is named by its hash.
 */
async function fieldsOf(): Promise<Readonly<Record<string, string>>> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = toBase64(new Uint8Array(digest));
  return {
    "content-security-policy": `default-src 'none'; style-src 'sha256-${hash}'; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // The next page is to have a handshake of its own
    "connection": "close",
  };
}

/**
 * Opens a door.
 *
 * @throws {NssError} If nothing is left for handshakes of what the options and this runtime allow.
 */
function open(
  visitors: Visitors,
  name: string,
  address: Deno.TcpListenOptions,
  tls: InspectionOptions["tls"],
  takesAnyClient: boolean,
): OpenDoor {
  const tcp = Deno.listen(address);
  try {
    const listener = visitors.listen(tcp, tls, takesAnyClient);
    return { name, listener, config: effectiveConfig(configOf(listener)) };
  } catch (error) {
    tcp.close();
    throw error;
  }
}

/** Opens what there is besides the main door; what the options rule out stays closed. */
function openOthers(visitors: Visitors, { hostname, tls }: InspectionOptions): readonly OpenDoor[] {
  return DOORS.flatMap(({ name, options }) => {
    try {
      const takesAnyClient = options.clientAuth !== undefined;
      return open(visitors, name, { hostname, port: 0 }, { ...tls, ...options }, takesAnyClient);
    } catch (error) {
      if (error instanceof NssError) return [];
      throw error;
    }
  });
}

/**
 * Listens on a port for each door.
 *
 * @throws {NssError} If the options leave nothing for handshakes.
 */
export async function serveInspection(options: InspectionOptions): Promise<InspectionServer> {
  const { hostname, port, tls, onAnswer, onFailure } = options;
  const { serve } = await importLazily("HTTP", () => import("../../ssl/http/mod.ts"));
  const fields = await fieldsOf();
  const visitors = new Visitors();
  const doors = [
    open(visitors, MAIN, { hostname, port }, tls, false),
    ...openOthers(visitors, options),
  ];
  const ports = new Map(doors.map(({ name, listener }) => [name, listener.addr.port]));

  const answer = async (
    request: Request,
    { name: door, config }: OpenDoor,
    { remoteAddr, channelInfo }: RequestInfo<Deno.NetAddr>,
  ): Promise<Response> => {
    const says = (status: number, text: string, more: Record<string, string> = {}) =>
      new Response(`${text}\n`, {
        status,
        headers: { ...fields, "content-type": "text/plain; charset=utf-8", ...more },
      });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return says(405, "Only GET and HEAD are answered here", { allow: "GET, HEAD" });
    }
    const url = new URL(request.url);
    const path = PATHS.get(url.pathname);
    if (path === undefined) return says(404, "There is no such page; / has your handshake");
    const seen = visitors.of(remoteAddr);
    seen?.conn.stop();
    const inspection = seen === undefined ? null : await inspect({
      door,
      seen,
      info: channelInfo,
      config,
      hostname: url.hostname,
      ports,
      now: new Date(),
    });
    if (inspection === null) return says(500, "This connection was not seen from its beginning");
    const [type, print] = FORMS[path ?? formFor(request.headers.get("accept") ?? "")];
    return new Response(request.method === "HEAD" ? null : print(inspection), {
      headers: { ...fields, "content-type": type, ...path === null && { vary: "accept" } },
    });
  };

  const untold = Promise.withResolvers<never>();
  const tell = (telling: Promise<void>): Promise<void> => telling.catch(untold.reject);
  const servers: HttpServer<Deno.NetAddr>[] = doors.map((door) => {
    const { name, listener } = door;
    return serve(listener, async (request, info) => {
      const response = await answer(request, door, info);
      const { pathname: path } = new URL(request.url);
      const { method } = request;
      await tell(onAnswer({ method, path, status: response.status, door: name, info }));
      return response;
    }, {
      onConnectionError: (error) => void tell(onFailure(error, name)),
      onError: async (error) => {
        await tell(onFailure(error, name));
        return new Response("This server has a defect\n", { status: 500 });
      },
    });
  });
  const ended = Promise.all(servers.map(({ finished }) => finished));
  return {
    ports,
    finished: Promise.race([ended, untold.promise]).then(() => {}),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.shutdown({ grace: 0 })));
    },
  };
}
