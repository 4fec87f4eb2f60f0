//! What elements and modification policies may be called.

/// Longest name of an element.
const LONGEST: usize = 249;

/// Letters, digits, dots and dashes.
pub(super) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("config ID illegal, cannot be empty".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!("config ID illegal, cannot be longer than {LONGEST}"));
    }
    if matches!(name, "." | "..") {
        return Err(format!("name '{name}' for config ID is not allowed"));
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if name.bytes().all(known) {
        Ok(())
    } else {
        Err(format!("config ID '{name}' contains illegal characters"))
    }
}

/// The name of a policy, or a path of names from the channel's group on.
pub(super) fn check_policy(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("mod_policy not set".to_owned());
    }
    for (place, name) in path.strip_prefix('/').unwrap_or(path).split('/').enumerate() {
        check(name).map_err(|reason| format!("path element at {place} is invalid: {reason}"))?;
    }
    Ok(())
}
