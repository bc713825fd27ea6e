// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { openldap } from "./servers/openldap.ts";

interface Ldap {
  bind(dn: string, password: string): Promise<void>;
  add(dn: string, attributes: object): Promise<void>;
  search(base: string, options: object): Promise<{
    readonly searchEntries: readonly { readonly [name: string]: unknown }[];
  }>;
  unbind(): Promise<void>;
}

interface Recipe {
  openLdap(url: string, ca: string, cert?: string, key?: string): Ldap;
}

interface StartTlsRecipe {
  openLdap(url: string, ca: string, cert?: string, key?: string): Promise<Ldap>;
}

const ROOT = "dc=test";
const MIB = 1 << 20;

await testDriver({
  driver: "ldapts",
  server: openldap,
  withoutCertificate: "Socket error",
  identity: "",
  reconnects: true,
  async open({ host, port, ca, cert, key }: Target) {
    const { openLdap } = await loadRecipe<Recipe>("ldapts.ts");
    const client = openLdap(`ldaps://${host}:${port}`, ca, cert, key);
    const bind = () => client.bind(`cn=alice,${ROOT}`, "secret");
    return {
      async ask() {
        await bind();
        return "";
      },
      async fetch(length) {
        await bind();
        const objectClass = ["dcObject", "organization"];
        await client.add(ROOT, { objectClass, dc: "test", o: "Test" });
        for (let at = 0; at < length; at += MIB) {
          const entry = { objectClass, dc: String(at), o: "Test", description: "x".repeat(MIB) };
          await client.add(`dc=${at},${ROOT}`, entry);
        }
        const { searchEntries } = await client.search(ROOT, { scope: "one" });
        return searchEntries.reduce((sum, { description }) => sum + String(description).length, 0);
      },
      close: () => client.unbind(),
    };
  },
  more: {
    "STARTTLS": async (target) => {
      const { openLdap } = await loadRecipe<StartTlsRecipe>("ldapts_starttls.ts");
      const { ca, cert, key } = target;
      const url = (host: string) => `ldap://${host}:${target.secondPort}`;
      const client = await openLdap(url("localhost"), ca, cert, key);
      await client.bind(`cn=alice,${ROOT}`, "secret");
      await client.unbind();
      const error = await assertRejects(() => openLdap(url("127.0.0.1"), ca, cert, key), Error);
      assertEquals(Reflect.get(error, "code"), "ERR_TLS_CERT_ALTNAME_INVALID");
    },
  },
});
