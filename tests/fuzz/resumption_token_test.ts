// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { getResumptionTokenInfo } from "../../ssl/nss/resumption_token.ts";
import { MAX_SESSION_AGE } from "../../ssl/base/session_cache.ts";
import type { ResumptionToken } from "../../ssl/base/resumption_token.ts";
import { decodeToken, encodeToken } from "../../ssl/session/token.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import type { Prng } from "../support/prng.ts";
import { flip, fuzz, mutate, typed } from "./_support.ts";

const keys = await generateKeyPair();
const certificate = await createCertificate({ ...keys, dnsNames: ["a.test"] });

function makeToken(prng: Prng): ResumptionToken {
  const authenticatedAt = prng.integer(0, 2 ** 41);
  const facts = {
    authenticatedAt,
    expiresAt: authenticatedAt + prng.integer(0, MAX_SESSION_AGE * 1000),
    alpnProtocol: prng.pick([null, "h2", "\u{fe}"]),
    ...prng.pick([
      { peerChain: [certificate], peerRawPublicKey: null },
      { peerChain: [certificate, certificate], peerRawPublicKey: null },
      { peerChain: [], peerRawPublicKey: certificate.subjectPublicKeyInfo },
    ]),
    localChain: prng.pick([[], [certificate]]),
    stapledOcspResponse: prng.pick([null, prng.bytes(prng.integer(1, 300))]),
    signedCertTimestamps: prng.pick([null, prng.bytes(prng.integer(1, 300))]),
    ticket: prng.bytes(prng.integer(1, 300)),
  };
  const tls13 = prng.pick(CIPHER_SUITES);
  return {
    hostname: prng.pick(["a.test", "::1"]),
    configuration: prng.pick(["[]", '["ü"]']),
    session: prng.pick([true, false])
      ? {
        version: TLS_1_3,
        ...facts,
        cipherSuite: tls13,
        psk: prng.bytes(tls13.hashLength),
        ticketAgeAdd: prng.integer(0, 2 ** 32 - 1),
        maxEarlyData: prng.integer(0, 2 ** 32 - 1),
        receivedAt: authenticatedAt,
      }
      : {
        version: TLS_1_2,
        ...facts,
        cipherSuite: prng.pick(TLS12_CIPHER_SUITES),
        masterSecret: prng.bytes(48),
        sessionId: prng.bytes(prng.integer(0, 32)),
        extendedMasterSecret: true,
      },
  };
}

fuzz(
  "Resumption tokens are taken whole or refused, and say the same when they are made again",
  200,
  async (prng) => {
    const token = makeToken(prng);
    const bytes = encodeToken(token);
    assertEquals(encodeToken(decodeToken(bytes)), bytes);
    const cut = await typed(
      () => decodeToken(bytes.subarray(0, prng.integer(0, bytes.length - 1))),
      SslError,
    );
    assertEquals(cut, undefined, "a part of a token is taken");
    const changed = prng.pick([mutate, flip])(prng, bytes);
    const taken = await typed(() => decodeToken(changed), SslError);
    if (taken === undefined) return;
    assertEquals(encodeToken(taken), changed);
    assert(!Number.isNaN(getResumptionTokenInfo(changed).expirationTime.getTime()));
    assert(taken.session.expiresAt - taken.session.authenticatedAt <= MAX_SESSION_AGE * 1000);
  },
);
