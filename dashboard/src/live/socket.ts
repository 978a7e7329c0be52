/** A frame that is sent once a socket is open, and what comes back. */
interface Stream {
  path: string;
  filter: unknown;
  /** Whether what has just happened comes first. */
  backfill?: boolean;
  onMessage: (message: Record<string, unknown>) => void;
  onOpen?: () => void;
  onClose?: () => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Keep a live stream of the API open, and open it again when it breaks; returns how to end it. */
export function openStream(stream: Stream): () => void {
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let pause = FIRST_PAUSE;
  let ended = false;

  function connect(): void {
    const address = new URL(stream.path, window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.onopen = () => {
      pause = FIRST_PAUSE;
      socket?.send(JSON.stringify({ type: "filter", filter: stream.filter, backfill: stream.backfill ?? false }));
      stream.onOpen?.();
    };
    socket.onmessage = (message) => {
      stream.onMessage(JSON.parse(String(message.data)) as Record<string, unknown>);
    };
    socket.onclose = () => {
      if (ended) return;
      stream.onClose?.();
      timer = window.setTimeout(connect, pause * (0.5 + Math.random()));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    };
  }

  connect();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}
