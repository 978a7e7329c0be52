import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no CSS; ids of the tests need no escaping.
Object.assign(globalThis, { CSS: { escape: (text: string) => text } });

afterEach(cleanup);
