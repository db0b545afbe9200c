dnl # made by the dial-up scripts
