//! `der study`: the paper's figures, by the market's own code.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use der_study::{Figure, LEAST_RUNS, MOST_RUNS, StudyError, csv, fig8, fig9, png, svg};
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

/// The paper's publication date, as a number.
const SEED: u64 = 20_210_202;

const FIG8: &str = "\
Left, the paper's note by an inferred rule; right, this market's matching, uncalibrated. Written are fig8.csv, fig8.svg and fig8.png.

Example:
  der study fig8 --runs 2000 --seed 20210202 --directory figures";

const FIG9: &str = "\
The order of OGSC at equal distance through a random export room, and direct trade with λ_Q = 30 and 0. Written are fig9.csv, fig9.svg
and fig9.png.

Example:
  der study fig9 --runs 2000 --seed 20210202 --directory figures";

/// The paper's figures, by the market's own code.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Success rate against distance.
    #[command(after_help = FIG8)]
    Fig8(Study),
    /// Success by energy type.
    #[command(after_help = FIG9)]
    Fig9(Study),
}

/// How to compute a figure, and where it goes.
#[derive(Debug, Args)]
pub struct Study {
    /// Runs of 20 blocks, 400 to 100000.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    runs: u32,
    /// Where the pseudo-random numbers start.
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Folder for the files; it is made if it is not there.
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

#[derive(Serialize)]
struct Shown {
    figure: &'static str,
    seed: u64,
    runs: u32,
    files: Vec<String>,
    points: Vec<ShownPoint>,
}

#[derive(Serialize)]
struct ShownPoint {
    curve: &'static str,
    origin: &'static str,
    at: String,
    mean: String,
    band: String,
}

impl Verb {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let output = global.output();
        let spins = output.spinner("computing the figure");
        let (figure, folder) = match self {
            Self::Fig8(study) => (fig8(study.seed, study.runs), study.directory),
            Self::Fig9(study) => (fig9(study.seed, study.runs), study.directory),
        };
        drop(spins);
        let figure = figure.map_err(failed)?;
        let files = write(&figure, &folder)?;
        output.result(&shown(&figure, files))?;
        Ok(Exit::Done)
    }
}

fn failed(error: StudyError) -> Failure {
    match error {
        StudyError::Runs => {
            Failure::usage(format!("{error}")).advise(format!("Use --runs {LEAST_RUNS} to {MOST_RUNS}."))
        }
        other => Failure::internal(other),
    }
}

fn write(figure: &Figure, folder: &Path) -> Result<Vec<String>, Failure> {
    let unwritable = |path: &Path, error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let files = [
        ("csv", csv(figure).into_bytes()),
        ("svg", svg(figure).map_err(failed)?.into_bytes()),
        ("png", png(figure).map_err(failed)?),
    ];
    let mut written = Vec::with_capacity(files.len());
    for (ending, bytes) in files {
        let path = folder.join(format!("{}.{ending}", figure.name));
        fs::write(&path, bytes).map_err(|error| unwritable(&path, error))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn shown(figure: &Figure, files: Vec<String>) -> Shown {
    let curves = figure.panels.iter().flat_map(|panel| &panel.curves);
    let points = curves.flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    Shown {
        figure: figure.name,
        seed: figure.seed,
        runs: figure.runs,
        files,
        points: points
            .map(|(curve, point)| ShownPoint {
                curve: curve.name,
                origin: curve.origin.word(),
                at: point.name.clone(),
                mean: format!("{:.3}", point.mean),
                band: format!("{:.3} to {:.3}", point.low, point.high),
            })
            .collect(),
    }
}
