import tls from "node:tls";
import { EnvHttpProxyAgent } from "npm:undici@7.30.2";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // undici calls it, twice for a server behind a proxy with TLS

export function makeAgent(options: object, ca: string, cert?: string, key?: string) {
  const own = { ca, cert, key };
  return new EnvHttpProxyAgent({ ...options, proxyTls: { ca }, requestTls: own, connect: own });
}
