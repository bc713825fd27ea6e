import http2 from "node:http2";
import { connect } from "@nss/nss/node";

export const openHttp2 = (host: string, port: number, ca: string, cert?: string, key?: string) =>
  http2.connect(`https://${host}:${port}`, {
    createConnection: () => connect({ host, port, ca, cert, key, ALPNProtocols: ["h2"] }),
  });
