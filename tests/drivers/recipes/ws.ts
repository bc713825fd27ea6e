import { WebSocket } from "npm:ws@8.23.0";
import { connect } from "@nss/nss/node";

export const openWebSocket = (url: string, ca: string, cert?: string, key?: string) =>
  new WebSocket(url, { createConnection: connect, ca, cert, key });
