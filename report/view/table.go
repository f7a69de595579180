package view

// Column is a column of a table: its head and a cell for each row.
type Column struct {
	Head  string
	Left  bool // set at the left edge; numbers are set at the right one
	Cells []string
}

// Table is a column of labels and groups of columns of figures, laid out to fit a width.
type Table struct {
	Label Column
	// groups of columns, in the order they have where the table is broken up; a group is broken up only
	// if it is too wide on its own.
	Groups [][]Column
	// whole is the order of the columns where all fit side by side; nil for that of the groups.
	Whole []Column
	// faint says which rows are of minor weight.
	Faint []bool
}
