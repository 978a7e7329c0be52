import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_text,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from "@tanstack/react-table";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: { alphanumeric: sortFn_alphanumeric, text: sortFn_text } });
export type Columns<Row extends RowData> = ColumnDef<typeof features, Row>[];

interface DataTableProps<Row extends RowData> {
  /** What the rows are, for those who don't see the page. */
  label: string;
  rows: Row[];
  columns: Columns<Row>;
  keyOf: (row: Row) => string;
}

function nameOf(header: unknown): string | undefined {
  return typeof header === "string" ? header : undefined;
}

const ARROWS = { asc: " ↑", desc: " ↓" };
const ARIA = { asc: "ascending", desc: "descending" } as const;

/**
 * A table whose columns sort where they have a value to sort by. On a phone each row is a card, its cells
 * one below the other after the names of their columns; the roles say that it is a table still.
 */
export function DataTable<Row extends RowData>({ label, rows, columns, keyOf }: DataTableProps<Row>) {
  const table = useTable({ features, columns, data: rows, getRowId: keyOf });
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={`Table of ${label}`}>
      <table className="table table-cards" role="table">
        <thead role="rowgroup">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} role="row">
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                return (
                  <th key={header.id} scope="col" role="columnheader" aria-sort={sorted ? ARIA[sorted] : undefined}>
                    {header.column.getCanSort() ? (
                      <button type="button" className="sort-button" onClick={header.column.getToggleSortingHandler()}>
                        <table.FlexRender header={header} />
                        {sorted && <span aria-hidden="true">{ARROWS[sorted]}</span>}
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody role="rowgroup">
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} role="row">
              {row.getAllCells().map((cell) => (
                <td key={cell.id} role="cell" data-column={nameOf(cell.column.columnDef.header)}>
                  <div>
                    <table.FlexRender cell={cell} />
                  </div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
