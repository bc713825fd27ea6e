// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import {
  isForHost,
  type NamedConnection,
  type RequestHead,
  targetUrl,
} from "../../../ssl/http/target.ts";
import { PKI, session } from "../_support.ts";

const HEAD: RequestHead = {
  target: "/",
  authorities: ["a.test"],
  version: "1.1",
  method: "GET",
};

function url(target: string, ...authorities: string[]): string {
  return urlOf({ ...HEAD, target, authorities });
}

function urlOf(head: RequestHead): string {
  const found = targetUrl(head, () => "127.0.0.1:8443");
  return found instanceof URL ? found.href : `${found.status} ${found.why}`;
}

const TARGETS: readonly (readonly [string, string[], string])[] = [
  ["/", ["a.test"], "https://a.test/"],
  ["/b?c", ["a.test:8443"], "https://a.test:8443/b?c"],
  ["//c.test/d", ["a.test"], "https://a.test//c.test/d"],
  ["*", ["a.test"], "https://a.test/*"],
  ["/", ["[::1]:443"], "https://[::1]/"],
  ["http://b.test/c", ["B.test:443"], "https://b.test/c"],
  ["https://b.test", ["b.test"], "https://b.test/"],
];

Deno.test("targetUrl() joins the host and the path that a request names", () => {
  for (const [target, hosts, expected] of TARGETS) assertEquals(url(target, ...hosts), expected);
});

Deno.test("targetUrl() refuses a request that two servers may read in two ways", () => {
  const refusals = [
    url("/"),
    url("/", "a.test", "a.test"),
    url("/", ""),
    url("/", "user@a.test"),
    url("/", "a.test/b"),
    url("/", "a.test?b"),
    url("/", "a.test#b"),
    url("/", "a.test\\b"),
    url("/", "a.test b.test"),
    url("/", "a.test:99999"),
    url("/", "[::1"),
    url("a.test:443", "a.test"),
    url("ftp://a.test/", "a.test"),
    url("https://user@a.test/", "a.test"),
    url("https:///", "a.test"),
    url("http://b.test/c", "a.test"),
    url("https://a.test:8443/c", "a.test"),
    url("/b#c", "a.test"),
    url("/b\\..\\c", "a.test"),
    url("/", "%61.test"),
    url("/", "0177.1"),
    url("/", "127.1"),
    urlOf({ ...HEAD, version: "1.0", coding: "chunked" }),
  ];
  for (const [i, refusal] of refusals.entries()) {
    assert(refusal.startsWith("400 "), `${i}: ${refusal}`);
  }
});

Deno.test("targetUrl() refuses versions, methods and codings that are not supported", () => {
  for (const version of ["0.9", "1.2", "2.0 by a parser of HTTP/1.1", ""]) {
    assert(urlOf({ ...HEAD, version }).startsWith("505 "));
  }
  for (const method of ["CONNECT", "TRACE", "TRACK"]) {
    assert(urlOf({ ...HEAD, method }).startsWith("501 "));
  }
  for (const coding of ["gzip, chunked", "xchunked", "identity", "chunked, chunked", ""]) {
    assert(urlOf({ ...HEAD, coding }).startsWith("501 "));
  }
  assertEquals(urlOf({ ...HEAD, coding: "Chunked" }), "https://a.test/");
});

Deno.test("targetUrl() gives a request of HTTP/1.0 without Host the address of the server", () => {
  const found = targetUrl(
    { ...HEAD, target: "/a", authorities: [], version: "1.0" },
    () => "127.0.0.1:8443",
  );
  assertEquals(found instanceof URL && found.href, "https://127.0.0.1:8443/a");
});

Deno.test("targetUrl() never throws, and never gives a host that was not named", () => {
  const chars = "a.:/@?#\\[]%*é \t0";
  let state = 1;
  const next = (n: number) => (state = (state * 48271) % 2147483647) % n;
  const some = () => Array.from({ length: next(7) }, () => chars[next(chars.length)]).join("");
  for (let i = 0; i < 20_000; i++) {
    const [target, host] = [`/${some()}`, some()];
    const found = targetUrl({ ...HEAD, target, authorities: [host] }, () => "x");
    if (found instanceof URL) {
      const [name] = host.split(":");
      assertEquals(
        found.hostname,
        new URL(`https://${host.startsWith("[") ? host : name}`).hostname,
      );
    }
  }
});

Deno.test("isForHost() lets names differ where the certificate covers both and no hook chose", async () => {
  const [, info] = await session();
  const { serverName, localCertificates: chain } = info;
  const of = (host: string, choosesByName: boolean, changes: Partial<NamedConnection> = {}) =>
    isForHost(new URL(`https://${host}/`), { serverName, chain, choosesByName, ...changes });
  assertEquals(info.serverName, "server.test");
  assertEquals(info.localCertificates[0], PKI.server.cert);
  for (const chooses of [false, true]) {
    assert(of("server.test", chooses));
    assert(of("SERVER.test:8443", chooses));
    assert(of("server.test.", chooses));
    assert(!of("other.test", chooses));
    assert(!of("127.0.0.1", chooses));
    assert(of("127.0.0.1", chooses, { serverName: null }));
    assert(of("[::1]", chooses, { serverName: null }));
  }
  assert(of("server.test", false, { serverName: "other.test" }));
  assert(!of("server.test", true, { serverName: "other.test" }));
  assert(of("other.test", false, { serverName: null }));
  assert(!of("other.test", true, { serverName: null }));
});
