import { readApiVersion, readClientRelease, readServer, readSettings } from "../../api/system";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Lasting } from "../../time/Times";
import { Fact } from "../../ui/Fact";
import { Loading, Trouble } from "../../ui/Feedback";
import { StateBadge } from "../../ui/StateBadge";
import { Servers } from "./Servers";
import { databaseWords, settingWords } from "./words";

const SELDOM = 60_000;
const OFTEN = 5000;

/** The server that has answered: its versions and its database, with the servers beside it. */
export function Server() {
  const server = useLiveQuery({ key: ["server"], read: readServer, every: OFTEN });
  const version = useLiveQuery({ key: ["version"], read: readApiVersion, every: SELDOM });
  const release = useLiveQuery({ key: ["release"], read: readClientRelease, every: SELDOM });
  const settings = useLiveQuery({ key: ["settings"], read: readSettings, every: SELDOM });
  const found = server.data;
  return (
    <>
      <section className="panel" aria-labelledby="server-title">
        <div className="panel-head">
          <h2 id="server-title">This server</h2>
          {found && <span className="quiet small">process {found.process_id} on {found.host}</span>}
        </div>
        {server.isError && <Trouble error={server.error} />}
        {server.isPending && <Loading />}
        <dl className="facts">
          <Fact name="database">
            <StateBadge status={server.isError ? "FAILED" : "READY"} words={server.isError ? "does not answer" : "answers"} />
          </Fact>
          {found && (
            <>
              <Fact name="up for">
                <Lasting since={found.started_at} />
              </Fact>
              <Fact name="Penstock">{found.version}</Fact>
              <Fact name="Python">{found.python_version}</Fact>
              <Fact name="kind of database">{databaseWords(found.database_kind, found.database_version)}</Fact>
            </>
          )}
          <Fact name="version of the API">{version.data ?? "–"}</Fact>
          <Fact name="serves clients of Prefect">{release.data ?? "–"}</Fact>
          <Fact name="kept in" isWide>
            <code>{settingWords(settings.data?.database_url)}</code>
          </Fact>
        </dl>
      </section>
      {found && <Servers answering={found} />}
    </>
  );
}
