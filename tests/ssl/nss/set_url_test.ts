// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { newModel, revealURL, setURL, SslError } from "@nss/nss/ssl";
import { HOSTNAME, join, shake } from "../_support.ts";

Deno.test("setURL() takes host names, addresses and URLs, and spells them as certificates do", () => {
  const model = newModel();
  const rows: [string | URL, string][] = [
    ["Example.COM", "example.com"],
    ["example.com.", "example.com"],
    ["https://example.com:8443/path?query", "example.com"],
    [new URL("wss://user@example.com/"), "example.com"],
    ["example.com:443", "example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["192.0.2.1", "192.0.2.1"],
    ["https://0300.0.2.1/", "192.0.2.1"], // as the URL standard has it, which is dialled by it
    ["2001:DB8::1", "2001:db8::1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["postgres://LOCALHOST", "localhost"],
    ["postgres://user:secret@DB.Example.:5432/x", "db.example"],
    ["imap://bücher.example", "xn--bcher-kva.example"],
    ["redis://[2001:DB8::1]:6379/0", "2001:db8::1"],
  ];
  for (const [url, hostname] of rows) {
    setURL(model, url);
    assertEquals(revealURL(model), hostname, String(url));
  }
});

Deno.test("setURL() refuses what is no host", () => {
  for (
    const url of [
      "",
      "a b",
      "https://",
      "exa mple.com",
      "example.com@evil.example",
      "example.com/path",
      "a:b",
      "0127.0.0.1", // 87.0.0.1 to some systems (CVE-2026-106069)
      "127.0.0.01:443",
      "postgres://127.00.0.1/x",
    ]
  ) {
    const error = assertThrows(() => setURL(newModel(), url), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", url);
  }
});

Deno.test("setURL() and importFD() quote no URL that they refuse: it may have a password", () => {
  for (
    const url of [
      "https://u:secret@",
      "postgres://u:secret@a b",
      "u:secret@host",
      "x://u:secret@:1",
    ]
  ) {
    for (const set of [() => setURL(newModel(), url), () => newModel({ hostname: url })]) {
      const error = assertThrows(set, SslError);
      assertEquals([error.name, error.message.includes("secret")], [
        "SEC_ERROR_INVALID_ARGS",
        false,
      ]);
    }
  }
});

Deno.test("setURL() decides which certificate is right", async () => {
  await using joined = join({ client: { hostname: "other.test" } });
  setURL(joined.client, HOSTNAME);
  const [info] = await shake(joined);
  assertEquals(info.serverName, HOSTNAME);
});

Deno.test("revealURL() is null where no host is set", () => {
  assertEquals(revealURL(newModel()), null);
});
