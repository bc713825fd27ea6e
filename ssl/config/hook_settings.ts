// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import type { HookOptions } from "./hooks.ts";
import { hook, type Setting } from "./setting.ts";

/** The rows of hooks and callbacks in the table of settings. */
export const HOOK_SETTINGS: { readonly [N in keyof HookOptions]-?: Setting<SslConfig[N]> } = {
  authCertificate: hook({
    doc: "Decides about the peer's certificate, in place of authCertificate().",
    option: "authCertificate",
    verb: "authCertificateHook",
    sessions: "trust",
  }),
  badCert: hook({
    doc: "Decides whether a rejected certificate is accepted nevertheless.",
    option: "badCert",
    verb: "badCertHook",
    sessions: "trust",
  }),
  getClientAuthData: hook({
    doc: "Chooses a client's certificate when the server asks for one.",
    option: "getClientAuthData",
    verb: "getClientAuthDataHook",
    role: "client",
    sessions: "negotiation",
  }),
  getExternalPsk: hook({
    doc:
      "Finds a server's external pre-shared key by the client's identity, or chooses that of a client.",
    option: "getExternalPsk",
  }),
  clientHelloCallback: hook({
    doc: "Is called with each ClientHello that a server receives, and may reject it.",
    option: "clientHelloCallback",
    verb: "clientHelloCallback",
    role: "server",
  }),
  helloRetryRequestCallback: hook({
    doc: "Decides whether a server of TLS 1.3 answers a ClientHello with HelloRetryRequest.",
    option: "helloRetryRequestCallback",
    verb: "helloRetryRequestCallback",
    role: "server",
  }),
  sniSocketConfig: hook({
    doc: "Chooses a server's configuration by the requested host name.",
    option: "sniSocketConfig",
    verb: "sniSocketConfigHook",
    role: "server",
    sessions: "trust",
  }),
  nextProtoCallback: hook({
    doc: "Chooses a server's application protocol among those that the client offers.",
    option: "nextProtoCallback",
    verb: "setNextProtoCallback",
    role: "server",
  }),
  handshakeCallback: hook({
    doc: "Is called when a handshake is complete.",
    option: "handshakeCallback",
    verb: "handshakeCallback",
  }),
  alertSentCallback: hook({
    doc: "Is called with each alert that this end sends.",
    option: "alertSentCallback",
    verb: "alertSentCallback",
  }),
  alertReceivedCallback: hook({
    doc: "Is called with each alert that the peer sends.",
    option: "alertReceivedCallback",
    verb: "alertReceivedCallback",
  }),
  resumptionTokenCallback: hook({
    doc:
      "Is called with each session that a client can resume later, in place of the session cache.",
    option: "resumptionTokenCallback",
    verb: "resumptionTokenCallback",
    role: "client",
  }),
  keyLog: hook({
    doc: "Is called with the connection's secrets in NSS's key log format.",
    option: "keyLog",
    verb: "keyLogCallback",
  }),
};
