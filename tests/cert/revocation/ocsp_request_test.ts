// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { writeExtensions } from "../../../cert/extensions/extension.ts";
import { MAX_OCSP_NONCE_SIZE } from "../../../cert/extensions/ocsp_nonce.ts";
import { writeGeneralName } from "../../../cert/names/general_name.ts";
import {
  type OcspCertId,
  ocspCertIdOf,
  writeOcspCertId,
} from "../../../cert/revocation/ocsp_cert_id.ts";
import {
  createOcspRequest,
  MAX_OCSP_REQUEST_SIZE,
  parseOcspRequest,
} from "../../../cert/revocation/ocsp_request.ts";
import {
  assertMutationsRefused,
  assertRejectsWith,
  assertThrowsWith,
  assertWhole,
  pki,
} from "../_revocation_support.ts";

const { intermediate, leaf, root } = await pki();
const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);
const ERROR = "SEC_ERROR_OCSP_MALFORMED_REQUEST";

Deno.test("createOcspRequest() makes what parseOcspRequest() reads", async () => {
  const request = await createOcspRequest(leaf.certificate, intermediate.certificate);
  const { certIds, nonce, requestorName, isSigned, extensions } = parseOcspRequest(request.der);
  assertEquals([nonce, requestorName, isSigned, extensions.size], [undefined, undefined, false, 0]);
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  assertEquals(certIds, [{
    hash: "SHA-1",
    hashOid: "1.3.14.3.2.26",
    issuerNameHash: await digest(intermediate.certificate.subject.der),
    issuerKeyHash: await digest(intermediate.publicKey.publicKey),
    serialNumber: leaf.certificate.serialNumber,
  }]);
});

Deno.test("createOcspRequest() takes another hash and a nonce", async () => {
  const { certIds, nonce } = await createOcspRequest(leaf.certificate, intermediate.certificate, {
    hash: "SHA-256",
    nonce: NONCE,
  });
  assertEquals([certIds[0]?.hash, certIds[0]?.issuerKeyHash.length], ["SHA-256", 32]);
  assertEquals(nonce, NONCE);
});

Deno.test("createOcspRequest() takes a nonce of MAX_OCSP_NONCE_SIZE bytes and none longer", async () => {
  const make = (size: number) =>
    createOcspRequest(leaf.certificate, intermediate.certificate, { nonce: new Uint8Array(size) });
  assertEquals((await make(MAX_OCSP_NONCE_SIZE)).nonce?.length, MAX_OCSP_NONCE_SIZE);
  for (const size of [0, MAX_OCSP_NONCE_SIZE + 1]) {
    await assertRejectsWith(() => make(size), "SEC_ERROR_INVALID_ARGS", `${size} bytes`);
  }
});

interface Raw {
  readonly version?: boolean;
  readonly ids?: readonly OcspCertId[];
  readonly nonce?: Uint8Array;
  readonly signature?: boolean;
  readonly requestor?: boolean;
  readonly single?: boolean;
}

const ID = await ocspCertIdOf(leaf.certificate, intermediate.certificate);

function raw(options: Raw): Uint8Array<ArrayBuffer> {
  const value = (nonce: Uint8Array) => new DerWriter().octetString(nonce).finish();
  const extension = { oid: "1.2.3", critical: false, value: Uint8Array.of(5, 0), offset: 0 };
  return new DerWriter().sequence((w) => {
    w.sequence((w) => {
      if (options.version) w.constructed(constructedTag(0), (w) => w.integer(0));
      if (options.requestor) {
        w.constructed(constructedTag(1), (w) => {
          writeGeneralName(w, { type: "directory", value: root.certificate.subject });
        });
      }
      w.sequence((w) => {
        for (const id of options.ids ?? [ID]) {
          w.sequence((w) => {
            writeOcspCertId(w, id);
            if (options.single) {
              w.constructed(constructedTag(0), (w) => writeExtensions(w, [extension]));
            }
          });
        }
      });
      const { nonce } = options;
      if (nonce !== undefined) {
        w.constructed(constructedTag(2), (w) => {
          writeExtensions(w, [{ ...extension, oid: "1.3.6.1.5.5.7.48.1.2", value: value(nonce) }]);
        });
      }
    });
    if (options.signature) w.constructed(constructedTag(0), (w) => w.sequence(() => {}));
  }).finish();
}

Deno.test("parseOcspRequest() reads all that RFC 6960 has", () => {
  const request = parseOcspRequest(
    raw({ requestor: true, signature: true, single: true, nonce: NONCE, ids: [ID, ID] }),
  );
  assertEquals(request.certIds, [ID, ID]);
  assertEquals(request.nonce, NONCE);
  assertEquals(request.requestorName, { type: "directory", value: root.certificate.subject });
  assertEquals(request.isSigned, true);
});

Deno.test("parseOcspRequest() keeps identifiers with a hash that it does not know", () => {
  const { certIds } = parseOcspRequest(raw({ ids: [{ ...ID, hashOid: "1.2.3.4", hash: null }] }));
  assertEquals([certIds[0]?.hash, certIds[0]?.hashOid], [null, "1.2.3.4"]);
});

Deno.test("parseOcspRequest() refuses an explicit version, no certificate, a bad nonce", () => {
  assertThrowsWith(() => parseOcspRequest(raw({ version: true })), ERROR, "it is not 1");
  assertThrowsWith(() => parseOcspRequest(raw({ ids: [] })), ERROR, "missing");
  parseOcspRequest(raw({ nonce: new Uint8Array(MAX_OCSP_NONCE_SIZE) }));
  for (const size of [0, MAX_OCSP_NONCE_SIZE + 1]) {
    assertThrowsWith(() => parseOcspRequest(raw({ nonce: new Uint8Array(size) })), ERROR, "nonce");
  }
});

Deno.test("parseOcspRequest() takes MAX_OCSP_REQUEST_SIZE bytes and none more", () => {
  const sized = (size: number) => {
    const probe = raw({ ids: [ID, { ...ID, issuerNameHash: new Uint8Array(size - 400) }] });
    return raw({
      ids: [ID, { ...ID, issuerNameHash: new Uint8Array(2 * size - 400 - probe.length) }],
    });
  };
  const most = sized(MAX_OCSP_REQUEST_SIZE);
  assertEquals(most.length, MAX_OCSP_REQUEST_SIZE);
  assertEquals(parseOcspRequest(most).certIds.length, 2);
  assertThrowsWith(
    () => parseOcspRequest(sized(MAX_OCSP_REQUEST_SIZE + 1)),
    ERROR,
    "are more than",
  );
});

Deno.test("parseOcspRequest() refuses every strict prefix, and mutations with an NssError", () => {
  const whole = raw({ requestor: true, signature: true, single: true, nonce: NONCE });
  assertWhole(whole, parseOcspRequest);
  assertMutationsRefused(whole, parseOcspRequest, 4000);
});
