mod codes;
mod configuration;
mod key_level;
mod oracle;
mod versions;
