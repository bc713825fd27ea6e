// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { type KeyUsage, keyUsage } from "../../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { gravityOf } from "../../../cert/verify/path_problems.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { VERIFICATION_LIMITS } from "../../../cert/verify/verification_budget.ts";
import {
  verifyCertificateChain,
  type VerifyChainOptions,
  type VerifyLogEntry,
} from "../../../cert/verify/verify_cert.ts";
import { issue, type IssueOptions, makeKeys, NOW, type TestCertificate } from "../_support.ts";

const root: TestCertificate = await issue({ ca: true, subject: "CN=Root" });
const rogue: TestCertificate = await issue({ ca: true, subject: "CN=Rogue" });
const OLD = "2026-02-01T00:00:00Z";
const emailOnly = makeExtension(extKeyUsage, [OIDS.emailProtection]);

/** Verifies against the root; returns the names of the errors with their places. */
async function logOf(
  leaf: TestCertificate,
  intermediates: readonly TestCertificate[] = [],
  options: Partial<VerifyChainOptions> = {},
): Promise<(readonly [string, number | undefined])[]> {
  const log: VerifyLogEntry[] = [];
  const error = await assertRejects(() =>
    verifyCertificateChain(leaf.certificate, {
      anchors: [trustAnchorOf(root.certificate)],
      intermediates: intermediates.map(({ certificate }) => certificate),
      time: NOW,
      usage: "sslServer",
      log,
      ...options,
    }), NssError);
  // With a log, the same error is thrown as without one
  const unlogged = await assertRejects(() =>
    verifyCertificateChain(leaf.certificate, {
      anchors: [trustAnchorOf(root.certificate)],
      intermediates: intermediates.map(({ certificate }) => certificate),
      time: NOW,
      usage: "sslServer",
      ...options,
    }), NssError);
  assertEquals([error.name, error.message], [unlogged.name, unlogged.message]);
  assert(log.every(({ usage }) => usage === "sslServer"));
  return log.map(({ error, depth }) => [error.name, depth]);
}

const authority = (issuer: TestCertificate, options: IssueOptions = {}): Promise<TestCertificate> =>
  issue({ ca: true, issuer, subject: "CN=Between", ...options });

Deno.test("log: behind an expired leaf, that its issuer is unknown is listed", async () => {
  const leaf = await issue({ issuer: rogue, notAfter: OLD });
  assertEquals(await logOf(leaf), [
    ["SEC_ERROR_EXPIRED_CERTIFICATE", 0],
    ["SEC_ERROR_UNKNOWN_ISSUER", 0],
  ]);
});

Deno.test("log: behind an expired intermediate, that its root is unknown is listed", async () => {
  const between = await authority(rogue, { notAfter: OLD });
  const leaf = await issue({ issuer: between });
  assertEquals(await logOf(leaf, [between]), [
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 1],
    ["SEC_ERROR_UNKNOWN_ISSUER", 1],
  ]);
});

Deno.test("log: dates and usages of every certificate of the path are listed, each with its place", async () => {
  const between = await authority(root, { notAfter: OLD, extensions: [emailOnly] });
  const lower = await authority(between, {
    subject: "CN=Lower",
    notBefore: "2027-01-01T00:00:00Z",
  });
  const leaf = await issue({ issuer: lower, notAfter: OLD, extensions: [emailOnly] });
  assertEquals((await logOf(leaf, [between, lower])).sort(), [
    ["SEC_ERROR_EXPIRED_CERTIFICATE", 0],
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 1],
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 2],
    ["SEC_ERROR_INADEQUATE_CERT_TYPE", 0],
    ["SEC_ERROR_INADEQUATE_CERT_TYPE", 2],
  ]);
});

Deno.test("log: weak algorithms, form and policies of the path are listed", async () => {
  const between = await authority(root, { keys: await makeKeys("RSA-1024"), notAfter: OLD });
  const leaf = await issue({
    issuer: between,
    scheme: "rsa_pkcs1_sha1",
    without: [OIDS.authorityKeyIdentifier],
  });
  const policies = ["1.2.3"];
  assertEquals((await logOf(leaf, [between], { policies })).sort(), [
    ["SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", 0],
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 1],
    ["SEC_ERROR_EXTENSION_NOT_FOUND", 0],
    ["SEC_ERROR_INVALID_KEY", 1],
    ["SEC_ERROR_POLICY_VALIDATION_FAILED", 1],
  ]);
});

Deno.test("log: a wrong signature, basicConstraints, keyCertSign, a path length and name constraints leave no path", async () => {
  const usages = (...names: KeyUsage[]) => [makeExtension(keyUsage, new Set(names))];
  const outside = makeExtension(nameConstraints, {
    permitted: [{ type: "dns", value: "elsewhere.test" }],
    excluded: [],
  });
  const limited = await authority(root, { pathLength: 0, notAfter: OLD });
  const rows: readonly (readonly [string, TestCertificate[]])[] = [
    ["SEC_ERROR_BAD_SIGNATURE", [await authority(root, { signer: rogue.privateKey })]],
    ["SEC_ERROR_CA_CERT_INVALID", [await authority(root, { ca: false })]],
    ["SEC_ERROR_INADEQUATE_KEY_USAGE", [await authority(root, { extensions: usages("cRLSign") })]],
    ["SEC_ERROR_CERT_NOT_IN_NAME_SPACE", [await authority(root, { extensions: [outside] })]],
    ["SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", [
      limited,
      await authority(limited, { subject: "CN=Lower" }),
    ]],
  ];
  for (const [name, authorities] of rows) {
    const leaf = await issue({ issuer: authorities.at(-1)!, notAfter: OLD });
    const names = (await logOf(leaf, authorities)).map(([name]) => name);
    assertEquals(
      names.sort(),
      ["SEC_ERROR_EXPIRED_CERTIFICATE", name, "SEC_ERROR_UNKNOWN_ISSUER"].sort(),
    );
  }
});

Deno.test("log: of several paths, the errors of the one whose gravest error is least grave are listed", async () => {
  const keys = await makeKeys();
  const [misused, expired] = await Promise.all([
    authority(root, { keys, extensions: [emailOnly] }),
    authority(root, { keys, notAfter: OLD }),
  ]);
  const leaf = await issue({ issuer: expired });
  for (const intermediates of [[misused, expired], [expired, misused]]) {
    assertEquals(await logOf(leaf, intermediates), [["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 1]]);
  }
});

Deno.test("log: every check of a path is asked, and what each refuses is listed", async () => {
  const between = await authority(root, { notAfter: OLD });
  const leaf = await issue({ issuer: between });
  const asked: Certificate[][] = [];
  const checkPath = [
    () => {
      throw new NssError("SEC_ERROR_REVOKED_CERTIFICATE");
    },
    async () => await Promise.reject(new NssError("SEC_ERROR_UNTRUSTED_ISSUER")),
    ({ certificates }: { readonly certificates: readonly Certificate[] }) =>
      void asked.push([...certificates]),
  ];
  assertEquals((await logOf(leaf, [between], { checkPath })).map(([name]) => name), [
    "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
    "SEC_ERROR_REVOKED_CERTIFICATE",
    "SEC_ERROR_UNTRUSTED_ISSUER",
  ]);
  assertEquals(asked, [[leaf.certificate, between.certificate]]);
});

Deno.test("log: a check of a path that throws another error ends the verification", async () => {
  const leaf = await issue({ issuer: root, notAfter: OLD });
  await assertRejects(
    () =>
      verifyCertificateChain(leaf.certificate, {
        anchors: [trustAnchorOf(root.certificate)],
        time: NOW,
        usage: "sslServer",
        log: [],
        checkPath: () => {
          throw new TypeError("a fault of the application's");
        },
      }),
    TypeError,
  );
});

Deno.test("log: a valid certificate leaves it empty", async () => {
  const leaf = await issue({ issuer: root });
  const log: VerifyLogEntry[] = [];
  await verifyCertificateChain(leaf.certificate, {
    anchors: [trustAnchorOf(root.certificate)],
    time: NOW,
    usage: "sslServer",
    log,
  });
  assertEquals(log, []);
});

Deno.test("log: certificates that take the budget of signatures leave the issuer unknown", async () => {
  const keys = await makeKeys();
  // One more of the same name than signatures are verified, each under another key
  const forged = await Promise.all(
    Array.from(
      { length: VERIFICATION_LIMITS.signatures + 1 },
      (_, i) =>
        authority(root, { notAfter: OLD, serial: Uint8Array.of(1, i), signer: rogue.privateKey }),
    ),
  );
  const between = await authority(root, { keys, notAfter: OLD, serial: Uint8Array.of(2, 0) });
  const leaf = await issue({ issuer: between, without: [OIDS.authorityKeyIdentifier] });
  const options = { profile: "compatible" } as const;
  assertEquals(await logOf(leaf, [between, ...forged], options), [[
    "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
    1,
  ]]);
  const names = (await logOf(leaf, [...forged, between], options)).map(([name]) => name);
  assert(names.includes("SEC_ERROR_UNKNOWN_ISSUER"), String(names));
});

Deno.test("gravityOf() puts an unknown issuer above all, and errors that it does not know above those it knows", () => {
  const names = [
    "SEC_ERROR_EXPIRED_CERTIFICATE",
    "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
    "SEC_ERROR_CRL_NOT_FOUND",
    "SEC_ERROR_INADEQUATE_CERT_TYPE",
    "SSL_ERROR_BAD_CERT_DOMAIN",
    "SEC_ERROR_REVOKED_CERTIFICATE",
    "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
    "SEC_ERROR_UNKNOWN_ISSUER",
  ] as const;
  const gravities = names.map((name) => gravityOf(new NssError(name)));
  assertEquals(gravities, gravities.toSorted((a, b) => a - b));
  assertEquals(new Set(gravities).size, names.length);
});
