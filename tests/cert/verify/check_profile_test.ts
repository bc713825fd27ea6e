// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { basicConstraints } from "../../../cert/extensions/basic_constraints.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
} from "../../../cert/extensions/key_identifiers.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import { policyConstraints } from "../../../cert/extensions/policies.ts";
import type { GeneralName } from "../../../cert/names/general_name.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { type TrustAnchor, trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { issue, type IssueOptions, makeKeys, NOW, type TestCertificate } from "../_support.ts";

const root = await issue({ ca: true });
const BYTES = Uint8Array.of(1, 2, 3);

interface Chain {
  readonly root?: IssueOptions;
  readonly sub?: IssueOptions;
  readonly leaf?: IssueOptions;
}

async function verdict(
  chain: Chain,
  profile: "strict" | "compatible",
  anchorOptions: Partial<TrustAnchor> = {},
): Promise<string> {
  const top = chain.root === undefined ? root : await issue({ ca: true, ...chain.root });
  const between: TestCertificate[] = [];
  let issuer = top;
  if (chain.sub !== undefined) {
    issuer = await issue({ ca: true, subject: "CN=Test Sub", issuer: top, ...chain.sub });
    between.push(issuer);
  }
  const end = await issue({ issuer, ...chain.leaf });
  try {
    await verifyCertificateChain(end.certificate, {
      anchors: [{ ...trustAnchorOf(top.certificate), ...anchorOptions }],
      intermediates: between.map(({ certificate }) => certificate),
      time: NOW,
      usage: "sslServer",
      profile,
    });
    return "ok";
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return error.message;
  }
}

const alt = (names: GeneralName[], critical = false) =>
  makeExtension(subjectAltName, names, critical);
const dns = (value: string): GeneralName => ({ type: "dns", value });
const address = (...bytes: number[]): GeneralName => ({
  type: "ip",
  value: Uint8Array.from(bytes),
});
const leaf = (options: IssueOptions): Chain => ({ leaf: options });
const named = (commonName: string, ...names: GeneralName[]) =>
  leaf({ subject: `CN=${commonName}`, extensions: [alt(names)] });

/** What each rule of the strict profile refuses, and what it says. The compatible one takes all. */
const REFUSED: [Chain, string][] = [
  [leaf({ serial: Uint8Array.of(0) }), "serial number"],
  [leaf({ serial: Uint8Array.of(0x80) }), "serial number"],
  [leaf({ serial: new Uint8Array(21).fill(1) }), "serial number"],
  [leaf({ without: [OIDS.authorityKeyIdentifier] }), "no authorityKeyIdentifier"],
  [leaf({ extensions: [makeExtension(authorityKeyIdentifier, {})] }), "no authorityKeyIdentifier"],
  [{ sub: { without: [OIDS.authorityKeyIdentifier] } }, "no authorityKeyIdentifier"],
  [{ sub: { without: [OIDS.subjectKeyIdentifier] } }, "no subjectKeyIdentifier"],
  [{ sub: { subject: "" } }, "names no subject"],
  [{ sub: { serial: Uint8Array.of(0) } }, "serial number"],
  [
    { sub: { extensions: [makeExtension(basicConstraints, { isCa: true }, false)] } },
    "basicConstraints are not critical",
  ],
  [
    { sub: { extensions: [makeExtension(policyConstraints, { inhibitPolicyMapping: 0 })] } },
    "policyConstraints are not critical",
  ],
  [{ root: { without: [OIDS.subjectKeyIdentifier] } }, "no subjectKeyIdentifier"],
  [
    { root: { extensions: [makeExtension(basicConstraints, { isCa: true }, false)] } },
    "basicConstraints are not critical",
  ],
  [
    { root: { extensions: [makeExtension(extKeyUsage, [OIDS.serverAuth])] } },
    "root authority's and has an extKeyUsage",
  ],
  [
    { root: { extensions: [makeExtension(subjectKeyIdentifier, BYTES)] } },
    "not its own subjectKeyIdentifier",
  ],
  [
    { root: { extensions: [makeExtension(authorityKeyIdentifier, {})] } },
    "not its own subjectKeyIdentifier",
  ],
  [
    leaf({ extensions: [makeExtension(basicConstraints, { isCa: true }, true)] }),
    "it is an authority's",
  ],
  [
    leaf({
      extensions: [makeExtension(keyUsage, new Set(["digitalSignature", "keyCertSign"]), true)],
    }),
    "keyCertSign",
  ],
  [
    leaf({
      extensions: [makeExtension(nameConstraints, { permitted: [dns("a")], excluded: [] }, true)],
    }),
    "has nameConstraints",
  ],
  [leaf({ subject: "", extensions: [alt([dns("a.com")], false)] }), "is not critical"],
  [leaf({ extensions: [alt([dns("example.com")], true)] }), "subjectAltName is critical"],
  [leaf({ extensions: [alt([dns("a_b.com"), dns("example.com")])] }), '"a_b.com" is no DNS name'],
  [leaf({ extensions: [alt([dns("1.2.3.4"), dns("example.com")])] }), '"1.2.3.4" is no DNS name'],
  [leaf({ extensions: [alt([address(1, 2, 3), dns("example.com")])] }), "4 or 16 bytes"],
  [
    leaf({ extensions: [makeExtension(extKeyUsage, [OIDS.serverAuth], true)] }),
    "extKeyUsage is critical",
  ],
  [
    leaf({ extensions: [makeExtension(extKeyUsage, [OIDS.serverAuth, OIDS.anyExtendedKeyUsage])] }),
    "says any",
  ],
  [named("Example.COM", dns("example.com")), "common name"],
  [named("bücher.example", dns("xn--bcher-kva.example")), "common name"],
  [named("192.0.002.1", address(192, 0, 2, 1)), "common name"],
  [named("0xC0000201", address(192, 0, 2, 1)), "common name"],
  [named("2001:DB8::1", dns("a.com")), "common name"],
];

Deno.test("checkStrictProfile() refuses what the standards forbid, and compatible takes it", async () => {
  for (const [chain, message] of REFUSED) {
    const strict = await verdict(chain, "strict");
    assertStringIncludes(strict, message);
    assertStringIncludes(strict, "(the strict profile)");
    assertEquals(await verdict(chain, "compatible"), "ok", message);
  }
});

const TAKEN: [string, Chain][] = [
  ["a serial number of 20 bytes", leaf({ serial: new Uint8Array(20).fill(1) })],
  ["a root with a serial number of 0", { root: { serial: Uint8Array.of(0) } }],
  ["a root without AKI", { root: { without: [OIDS.authorityKeyIdentifier] } }],
  ["no EKU", leaf({ without: [OIDS.extKeyUsage] })],
  ["no subject, SAN critical", leaf({ subject: "", extensions: [alt([dns("a.com")], true)] })],
  ["a common name that is a SAN", named("192.0.2.1", address(192, 0, 2, 1))],
  ["a common name that is no host", named("An Example, really".replace(",", "\\,"), dns("a.com"))],
  ["a common name of another host", named("b.com", dns("a.com"))],
  [
    "name constraints that are not critical",
    {
      sub: {
        extensions: [
          makeExtension(nameConstraints, { permitted: [dns("example.com")], excluded: [] }),
        ],
      },
    },
  ],
];

Deno.test("checkStrictProfile() takes what the standards allow, or leave open", async () => {
  for (const [name, chain] of TAKEN) assertEquals(await verdict(chain, "strict"), "ok", name);
});

Deno.test("checkStrictProfile() leaves the form of a vetted anchor alone", async () => {
  const chain = { root: { without: [OIDS.subjectKeyIdentifier] } };
  assertStringIncludes(await verdict(chain, "strict"), "no subjectKeyIdentifier");
  assertEquals(await verdict(chain, "strict", { vetted: true }), "ok");
});

Deno.test("checkStrictProfile() wants RSA keys of whole bytes", async () => {
  const keys = await makeKeys("RSA-2052");
  assertStringIncludes(await verdict(leaf({ keys }), "strict"), "2052 bits");
  assertEquals(await verdict(leaf({ keys }), "compatible"), "ok");
});
