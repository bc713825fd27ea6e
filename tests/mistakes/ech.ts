// Copyright 2026 the NSS for Deno authors. MIT license.

import { importFD, type ImportOptions } from "@nss/nss";
import {
  encodeEchConfigList,
  generateEchKeys,
  getEchRetryConfigs,
  importEchKey,
  setClientEchConfigs,
} from "@nss/nss/ssl";
import { HOSTNAME, join, type JoinOptions, makeIdentity, outcomeOf, PKI } from "../ssl/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Encrypted Client Hello";

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, extractable: true });
const other = await generateEchKeys({ publicName: PUBLIC });
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];
const echConfigList = encodeEchConfigList([key]);
/** Behind lengths, version, config_id and kem_id there are 32 bytes of key. */
const badPoint = echConfigList.map((byte, i) => i >= 11 && i < 11 + 32 ? 0 : byte);

/** What a client's handshake says. */
async function shakeHands(options: JoinOptions): Promise<unknown> {
  await using joined = join(options);
  const served = outcomeOf(joined.server);
  try {
    return await joined.client.handshake();
  } finally {
    await joined.client.close().catch(() => {});
    await served;
  }
}

const connect = (client: ImportOptions, server: ImportOptions = {}) =>
  shakeHands({ client, server: { certificates, ...server } });

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a client whose `echConfigList` is of a key that the server has no more",
    make: () => connect({ echConfigList }, { echKeys: [other] }),
    name: "SSL_ERROR_ECH_RETRY_WITH_ECH",
    says:
      "Cannot hide ClientHello: the server, which has shown that it is public.test, could not " +
      "decrypt it, and gives other configurations: connect again with the retryConfigs of this " +
      "error as the option echConfigList, once",
  },
  {
    mistake: "a client that hides its hello from a server without keys",
    make: () => connect({ echConfigList }),
    name: "SSL_ERROR_ECH_RETRY_WITHOUT_ECH",
    says:
      "Cannot hide ClientHello: the server, which has shown that it is public.test, could not " +
      "decrypt it, and gives no configuration that can be used: it has turned Encrypted Client " +
      "Hello off; a connection without the option echConfigList shows the host name",
  },
  {
    mistake: "a server without a certificate for the public name of its configuration",
    make: () =>
      connect({ echConfigList }, { echKeys: [other], certificates: [PKI.server.credential] }),
    name: "SSL_ERROR_ECH_FAILED",
    says:
      "Cannot hide ClientHello: the server could not decrypt it, and its certificate does not " +
      'show that it is "public.test", the public name of the configuration, so that nothing that ' +
      'it says can be relied on (Cannot verify certificate name "public.test": the certificate ' +
      `is for DNS:${HOSTNAME})`,
  },
  {
    mistake: '`echConfigList` with `versions: { max: "TLSv1.2" }`',
    make: () => connect({ echConfigList, versions: { max: "TLSv1.2" } }),
    name: "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
    says: "Cannot start handshake: the option echConfigList needs TLS 1.3, which the options " +
      "exclude; allow it by the options versions and cipherSuites, or leave echConfigList out",
  },
  {
    mistake: "the whole HTTPS record as `echConfigList`",
    make: () => connect({ echConfigList: "1 . alpn=h2 ech=AEX+" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use option echConfigList: it is not an ECHConfigList, in bytes or Base64: the " +
      "value of the key ech in an HTTPS record",
  },
  {
    mistake: "one configuration in place of the list",
    make: () => connect({ echConfigList: key.config }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use option echConfigList: it is not an ECHConfigList, in bytes or Base64: the " +
      "value of the key ech in an HTTPS record",
  },
  {
    mistake: "a list with configurations of another version alone",
    make: () => setClientEchConfigs(importFD(new TransformStream<Uint8Array>()), "AAUK/gABAA=="),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot start handshake: no configuration of the option echConfigList can be used " +
      "(version 0x0afe is unknown); get the list anew, or leave the option out, which shows the " +
      "host name",
  },
  {
    mistake: "a list whose public key is no point of its curve",
    make: () => connect({ echConfigList: badPoint }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot start handshake: no public key in the option echConfigList is a point of its " +
      "curve that can be used; get the list anew, or leave the option out, which shows the host name",
  },
  {
    mistake: "a list as the `ECHConfig` of a key",
    make: () => importEchKey(echConfigList, key.privateKey),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use key of Encrypted Client Hello: it is malformed: one ECHConfig is expected, " +
      "without the length of a list; make it with generateEchKeys(), or take it with " +
      "importEchKey()",
  },
  {
    mistake: "a private key that is not that of the configuration",
    make: () => importEchKey(key.config, other.privateKey),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot import key of Encrypted Client Hello: the private key is not that of the " +
      "configuration",
  },
  {
    mistake: "an IP address as the public name",
    make: () => generateEchKeys({ publicName: "192.0.2.1" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot generate key of Encrypted Client Hello: publicName must be a DNS name, such as " +
      '"public.example"',
  },
  {
    mistake: "`getEchRetryConfigs()` where no server has rejected anything",
    make: () => getEchRetryConfigs(importFD(new TransformStream<Uint8Array>())),
    name: "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    says: "Cannot tell: no server has rejected a hidden hello of this socket and given " +
      "configurations",
  },
];
