// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss ca serve-crl.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCrl, parseCrl } from "@nss/nss/cert";
import { importPrivateKey } from "@nss/nss/pkcs11";
import { isDue } from "../../../cli/ca/crl.ts";
import { Output } from "../../../cli/base/io.ts";
import { runCommandLine } from "../../../cli/run.ts";
import { Desk, EMPTY_IO, one } from "./_authority.ts";

const DAY = 86_400_000;

/** Serves so many requests; gives the address, and what was said once all are answered. */
async function serve(
  folder: string,
  requests: number,
): Promise<{ readonly url: string; readonly said: () => Promise<string> }> {
  const listening = Promise.withResolvers<string>();
  let text = "";
  const err = new Output((bytes) => {
    text += new TextDecoder().decode(bytes);
    const url = /http:[^ ]+:\d+/.exec(text)?.[0];
    if (url !== undefined) listening.resolve(url);
    return Promise.resolve(bytes.length);
  }, null);
  const args = ["ca", "serve-crl", folder, "--port", "0", "--requests", `${requests}`];
  const ended = runCommandLine(args, { ...EMPTY_IO, err });
  const url = await Promise.race([
    listening.promise,
    ended.then((outcome) => Promise.reject(new Error(`${outcome}: ${text}`))),
  ]);
  return { url, said: async () => (assertEquals(await ended, "good"), text) };
}

/** Puts a list of another time in the place of that of an authority. */
async function putList(desk: Desk, begin: number, end: number): Promise<void> {
  const crl = await createCrl({
    issuer: {
      certificate: await one(desk, "ca/ca.pem"),
      privateKey: await importPrivateKey(await desk.read("ca/ca.key")),
    },
    crlNumber: 1,
    thisUpdate: new Date(Date.now() + begin),
    nextUpdate: new Date(Date.now() + end),
    revoked: [],
  });
  await Deno.writeFile(desk.path("ca/ca.crl"), crl.der);
}

Deno.test("nss ca serve-crl serves the list of now, and nothing else of the folder", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  await desk.issue("a", "a.test");
  const { url, said } = await serve(folder, 7);
  const get = async (path: string, method = "GET") => {
    const response = await fetch(url + path, { method });
    return { response, bytes: await response.bytes() };
  };
  const { response, bytes } = await get("/ca.crl");
  assertEquals(response.headers.get("content-type"), "application/pkix-crl");
  assertEquals(parseCrl(bytes).size, 0);
  assertEquals(response.headers.get("expires"), parseCrl(bytes).nextUpdate!.toUTCString());
  // Another program revokes meanwhile
  await desk.ok("revoke", folder, "a.test");
  assertEquals(parseCrl((await get("/ca.crl")).bytes).size, 1);
  const head = await get("/ca.crl", "HEAD");
  assertEquals([head.response.status, head.bytes.length], [200, 0]);
  assertEquals((await get("/ca.crl", "POST")).response.status, 405);
  for (const path of ["/ca.key", "/intermediate.crl", "/%2e%2e/ca.crl/../ca.key"]) {
    assertEquals((await get(path)).response.status, 404, path);
  }
  const text = await said();
  assertStringIncludes(text, "POST /ca.crl 405");
  assert(!text.includes("Made list"), text);
});

Deno.test("nss ca serve-crl makes a list anew when half of its time has gone, and not before", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  await desk.issue("a", "a.test");
  await putList(desk, -3 * DAY, 4 * DAY);
  const { url, said } = await serve(folder, 3);
  const numberOf = async () => {
    const response = await fetch(`${url}/ca.crl`);
    return response.ok ? parseCrl(await response.bytes()).crlNumber : await response.text();
  };
  assertEquals(await numberOf(), 1n);
  await putList(desk, -4 * DAY, 3 * DAY);
  assertEquals(await numberOf(), 2n);
  // Where it cannot be made, the old one is good still
  await putList(desk, -4 * DAY, 3 * DAY);
  await Deno.writeTextFile(desk.path("ca/index.json"), "");
  assertEquals(await numberOf(), 1n);
  const text = await said();
  assertStringIncludes(text, "Made list 2 of 0 revoked");
  assertStringIncludes(text, "it is damaged");
});

Deno.test("isDue() is so from half of the time of a list on", async () => {
  await using desk = await Desk.open();
  await desk.create("--crl-days", "2");
  const crl = parseCrl(await Deno.readFile(desk.path("ca/ca.crl")));
  const at = (offset: number) => isDue(crl, new Date(crl.thisUpdate.getTime() + offset));
  assertEquals([at(0), at(DAY - 1), at(DAY), at(3 * DAY)], [false, false, true, true]);
});

Deno.test("nss ca serve-crl passes no damaged list on, and says what is in the way", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create("--intermediate");
  const { url, said } = await serve(folder, 2);
  assertEquals((await (await fetch(`${url}/intermediate.crl`)).bytes()).length > 0, true);
  await Deno.writeTextFile(desk.path("ca/ca.crl"), "x");
  const response = await fetch(`${url}/ca.crl`);
  assertEquals([response.status, await response.text()], [500, "The list cannot be had now\n"]);
  assertStringIncludes(await said(), "SEC_ERROR_");
});
