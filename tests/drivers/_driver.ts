// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What every driver of npm's is asked to show, over our TLS, with a server of Debian's.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { note, skip } from "../support/skip.ts";
import { type Driver, type DriverName, DRIVERS } from "./_drivers.ts";
import { type DriverPki, makePki } from "./_pki.ts";
import { type Server, type ServerProgram, serverVersion, startServer } from "./servers/_server.ts";

/** Where a driver connects to, and what it may trust and show. */
export interface Target {
  /** The server's name; the wrong one for its certificate is `127.0.0.1`. */
  readonly host: string;
  /** Its port for TLS from the start, or the only one. */
  readonly port: number;
  /** Its port for STARTTLS, where it has two; or that of what stands behind it, in the clear. */
  readonly secondPort: number;
  /** The root, PEM. */
  readonly ca: string;
  /** The client's certificate, PEM, if it shows one. */
  readonly cert: string | undefined;
  /** The client's key, PEM. */
  readonly key: string | undefined;
}

/** A client by a driver. */
export interface Client {
  /**
   * Connects, where that has not been done, and gives what the server knows of the client: what
   * {@linkcode DriverTest.identity} says.
   */
  ask(): Promise<string>;
  /** Gets so many bytes in one answer; returns how many came. */
  fetch?(length: number): Promise<number>;
  /** Sends so many bytes in one request; returns how many the server has. */
  send?(length: number): Promise<number>;
  /** Ends it; whatever it has opened is closed then. */
  close(): Promise<void> | void;
}

/** The test of a driver. */
export interface DriverTest {
  readonly driver: DriverName;
  readonly server: ServerProgram;
  /** Makes a client. */
  open(target: Target): Promise<Client> | Client;
  /** What the server says of Alice, in whatever answers {@linkcode Client.ask}. */
  readonly identity: string;
  /** What it is told where it shows no certificate, if the protocol has its own words for that. */
  readonly withoutCertificate?: string;
  /** What else this driver shows, each a step. */
  readonly more?: { readonly [title: string]: (target: Target, server: Server) => Promise<void> };
  /** What stands behind the server, in the clear. */
  readonly behind?: (port: number) => Promise<AsyncDisposable>;
  /** Whether the driver connects again by itself when the server is back. */
  readonly reconnects?: boolean;
}

/** Whether this run has time for all drivers. */
const soak = Deno.env.get("NSS_SOAK") === "1";

/** How long anything may take before it counts as a hang, in milliseconds. */
const HANG = 30_000;

const MIB = 1 << 20;

/** Registers the test of a driver: a sample of them always, all in a soak. */
export async function testDriver(test: DriverTest): Promise<void> {
  const { driver, server: program } = test;
  const { inSample, package: name, version, way, startTls, also }: Driver = DRIVERS[driver];
  const title = `${name} ${version} does its work over our TLS by ${way}, with ${program.name}`;
  if (!inSample && !soak) {
    note(`left out: ${title}: NSS_SOAK=1 (deno task soak) runs it`);
    return;
  }
  assertEquals(program.name, DRIVERS[driver].server, `${driver}: "server"`);
  const found = await serverVersion(program);
  if (!found.ok) return skip(title, `${found.reason} (${program.package})`, !inSample);
  // The page tells of no more than is tested, and of no less
  const shown = [...startTls === "too" ? ["STARTTLS"] : [], ...also];
  assertEquals(Object.keys(test.more ?? {}).sort(), shown.sort(), `${driver}: "also"`);
  Deno.test(title, async (t) => {
    const pki = await makePki();
    await using server = await startServer(program, pki);
    await using _ = await test.behind?.(server.place.ports[1]);
    try {
      for (const [title, run] of Object.entries(stepsOf(test, pki, server))) {
        await t.step(title, () => inTime(run(), title));
      }
    } catch (error) {
      note(server.output.slice(-4000));
      throw error;
    }
  });
}

type Steps = { readonly [title: string]: () => Promise<void> };

function stepsOf(test: DriverTest, pki: DriverPki, server: Server): Steps {
  const target: Target = {
    host: "localhost",
    port: server.port,
    secondPort: server.place.ports[1],
    ca: pki.root,
    ...pki.alice,
  };
  const use = async <T>(change: Partial<Target>, run: (client: Client) => Promise<T>) => {
    const client = await test.open({ ...target, ...change });
    try {
      return await inTime(run(client), "the question");
    } finally {
      await inTime(Promise.resolve(client.close()), "close()");
    }
  };
  const refused = async (change: Partial<Target>, ...says: string[]) => {
    const error = await use(change, (client) => client.ask()).then(() => null, (error) => error);
    assert(error !== null, "it connects");
    const text = textOf(error);
    if (Deno.env.has("NSS_SHOW")) note(text);
    assert(says.some((one) => text.includes(one)), `${text}\nsays none of ${says}`);
  };
  return {
    "the server knows who it is by its certificate": async () => {
      assertStringIncludes(await use({}, (client) => client.ask()), test.identity);
    },
    "without a certificate of its own it gets an error": async () => {
      // A server that hangs up at once may be gone before its alert is read
      const said = ["SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "write EPIPE", "ECONNRESET"];
      const says = test.withoutCertificate === undefined ? said : [test.withoutCertificate];
      await refused({ cert: undefined, key: undefined }, ...says);
    },
    "a certificate for another name is refused": () =>
      refused(
        { host: "127.0.0.1" },
        "does not match certificate's altnames",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "ER_TLS_IDENTITY_ERROR",
      ),
    "a certificate of an unknown root is refused": () =>
      refused({ ca: pki.stranger }, "no trust anchor", "or the root is not trusted"),
    "a certificate that has expired is refused": async () => {
      await server.start(pki.expired);
      await refused({}, "it expired at");
      await server.start();
    },
    "a large answer and a large request arrive whole": () =>
      use({}, async (client) => {
        await client.ask();
        if (client.fetch) assertEquals(await client.fetch(16 * MIB), 16 * MIB);
        if (client.send) assertEquals(await client.send(4 * MIB), 4 * MIB);
      }),
    "twenty clients work at the same time": async () => {
      const clients = await Promise.all(
        Array.from({ length: 20 }, async () => await test.open(target)),
      );
      try {
        for (let round = 0; round < 3; round++) {
          const answers = await Promise.all(clients.map((client) => client.ask()));
          for (const answer of answers) assertStringIncludes(answer, test.identity);
        }
      } finally {
        await Promise.all(clients.map((client) => client.close()));
      }
    },
    "a server that starts again is noticed": () =>
      use({}, async (client) => {
        await client.ask();
        await server.stop();
        const lost = await inTime(client.ask(), "the loss").then(() => null, (error) => error);
        assert(lost instanceof Error, `not told: ${lost}`);
        await server.start();
        if (test.reconnects) assertStringIncludes(await again(client), test.identity);
        else assertStringIncludes(await use({}, (client) => client.ask()), test.identity);
      }),
    ...Object.fromEntries(
      Object.entries(test.more ?? {}).map(([title, run]) => [title, () => run(target, server)]),
    ),
  };
}

/** Asks until there is an answer. */
async function again(client: Client): Promise<string> {
  for (let tries = 0;; tries++) {
    try {
      return await client.ask();
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Fails where something hangs. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANG);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All that an error says, and those that it names as its reasons. */
function textOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? ` (${error.code})` : "";
  const inner = Object.getOwnPropertyNames(error)
    .map((name) => Reflect.get(error, name))
    .flatMap((value) =>
      Array.isArray(value) || value instanceof Map ? [...value.values()] : [value]
    )
    .filter((value) => value instanceof Error && depth < 5)
    .map((value) => textOf(value, depth + 1));
  return [`${error.name}: ${error.message}${code}`, ...inner].join("\n  because: ");
}

/** Loads a recipe, whose packages come from npm: nothing that is checked may follow it. */
export async function loadRecipe<T>(file: string): Promise<T> {
  const recipe = new URL(`recipes/${file}`, import.meta.url).href;
  return await import(recipe);
}

/** Rejects with an error that an emitter of Node's tells of, once. */
export function firstError(
  emitter: { on(event: "error", listener: (error: Error) => void): unknown },
): Promise<never> {
  const failed = new Promise<never>((_, reject) => emitter.on("error", reject));
  failed.catch(() => {});
  return failed;
}
