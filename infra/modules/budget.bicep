// Writes to those who pay when a month becomes expensive. A budget stops nothing.

@description('Amount for a month, in the currency of the bill.')
@minValue(1)
@maxValue(1000000)
param amount int

@description('First day of the month that it begins in. Azure refuses to change it afterwards.')
@maxLength(10)
param start string

@description('Address to write to, besides the owners of the resource group. Empty: them only.')
param email string

var emails = empty(email) ? [] : [email]

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: 'pipeline'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: start
    }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactRoles: [
          'Owner'
        ]
        contactEmails: emails
      }
      expected: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactRoles: [
          'Owner'
        ]
        contactEmails: emails
      }
    }
  }
}
