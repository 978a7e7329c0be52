/** A JSON object to be read; says so when there is nothing in it. */
export function Json({ label, value }: { label: string; value: unknown }) {
  const isEmpty = value === null || value === undefined || Object.keys(value).length === 0;
  return (
    <>
      <h3 className="small quiet">{label}</h3>
      {isEmpty ? (
        <p className="quiet">None.</p>
      ) : (
        <pre className="code" tabIndex={0} aria-label={label}>
          {JSON.stringify(value, null, 2)}
        </pre>
      )}
    </>
  );
}
