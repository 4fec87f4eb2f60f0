mod codes;
mod key_level;
mod oracle;
mod versions;
