"""Figures: what was measured, by contender and round; what was not counted has no figure."""

import statistics


class Figures:
    """Rows of figures, one column for each contender. The first column is the floor."""

    def __init__(self, title, about=""):
        self.title, self.about = title, about
        self.columns, self.rows = [], []
        self._values = {}

    def add(self, column, row, value):
        """One more value of a round; None is nothing."""
        if column not in self.columns:
            self.columns.append(column)
        if row not in self.rows:
            self.rows.append(row)
        if value is not None:
            self._values.setdefault((row, column), []).append(value)

    def values(self, row, column):
        return self._values.get((row, column), [])

    def middle(self, row, column):
        """The median of the rounds; a text is told as it is. None when nothing was counted."""
        values = self.values(row, column)
        if not values:
            return None
        return values[-1] if isinstance(values[-1], str) else statistics.median(values)

    def ratio(self, row, column, other="floor"):
        """The median of the ratios round by round."""
        ours, theirs = self.values(row, column), self.values(row, other)
        pairs = [mine / base for mine, base in zip(ours, theirs) if base]
        return statistics.median(pairs) if pairs else None


def number(value):
    """Three digits that matter."""
    if value is None:
        return "-"
    if isinstance(value, (str, int)):
        return str(value)
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def table(figures):
    """As Markdown: a line for each contender."""
    lines = ["| | " + " | ".join(figures.rows) + " |",
             "|---|" + "---:|" * len(figures.rows)]
    for column in figures.columns:
        cells = [number(figures.middle(row, column)) for row in figures.rows]
        lines.append(f"| {column} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
