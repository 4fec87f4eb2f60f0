//! A figure as a table.

use std::fmt::Write as _;

use crate::Figure;

/// One line for each point; `origin` says whether it is inferred from the paper's note or what the engine yields.
#[must_use]
pub fn csv(figure: &Figure) -> String {
    let mut text = String::from("figure,panel,curve,origin,x,name,mean,low_5,high_95,runs,blocks_per_run,seed\n");
    for panel in &figure.panels {
        for curve in &panel.curves {
            for point in &curve.points {
                // Writing to a String cannot fail.
                let _written = writeln!(
                    text,
                    "{},{},{},{},{},{},{:.6},{:.6},{:.6},{},{},{}",
                    figure.name,
                    panel.axis,
                    curve.name,
                    curve.origin.word(),
                    point.x,
                    point.name,
                    point.mean,
                    point.low,
                    point.high,
                    figure.runs,
                    crate::BLOCKS,
                    figure.seed
                );
            }
        }
    }
    text
}
