dnl # of the provider
define(`SMART_HOST', `')dnl
