//! The client against a gateway that answers as each test says, over loopback.

#[cfg(test)]
mod authority;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod disagreeing;
#[cfg(test)]
mod endorsed;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod listening;
#[cfg(test)]
mod lying;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod submission;
#[cfg(test)]
mod tls;
